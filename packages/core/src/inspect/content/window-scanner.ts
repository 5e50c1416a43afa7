/** Looks at one block of a file. `fresh` is where bytes begin that earlier blocks did not hold. */
export type LookAtBlock = (
  block: Buffer,
  position: { readonly fresh: number; readonly offset: number },
) => void

const blockBytes = 256 * 1024
/** What the next block begins with: every stretch of up to this length lies whole in one block. */
export const overlapBytes: number = 64 * 1024

/** Buffers that no scanner uses right now. Layers are read side by side, so there may be several. */
const idle: Buffer[] = []

/** A chunk from which it pays to look at it where it lies: only its ends are copied. */
const inPlaceFrom = 3 * overlapBytes

/** Hands streamed content on in large, overlapping blocks; each is only valid while it is looked at. */
export class WindowScanner {
  readonly #look: LookAtBlock
  #buffer: Buffer | undefined
  #length = 0
  #fresh = 0
  #offset = 0

  constructor(look: LookAtBlock) {
    this.#look = look
  }

  write(chunk: Buffer): void {
    const buffer = (this.#buffer ??= idle.pop() ?? Buffer.allocUnsafe(blockBytes))
    if (chunk.length < inPlaceFrom) {
      this.#append(buffer, chunk)
      return
    }
    // What stands across the border lies in a block with both ends.
    this.#append(buffer, chunk.subarray(0, overlapBytes))
    if (this.#length > this.#fresh) this.#lookAt(buffer)
    const begin = this.#offset + this.#length - overlapBytes
    this.#look(chunk, { fresh: overlapBytes, offset: begin })
    this.#length = chunk.copy(buffer, 0, chunk.length - overlapBytes)
    this.#fresh = this.#length
    this.#offset = begin + chunk.length - overlapBytes
  }

  #append(buffer: Buffer, chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(buffer, this.#length, at)
      at += taken
      this.#length += taken
      if (this.#length === blockBytes) this.#turn(buffer)
    }
  }

  end(): void {
    const buffer = this.#buffer
    if (buffer === undefined) return
    if (this.#length > this.#fresh) this.#lookAt(buffer)
    this.#buffer = undefined
    idle.push(buffer)
  }

  #turn(buffer: Buffer): void {
    this.#lookAt(buffer)
    buffer.copyWithin(0, blockBytes - overlapBytes)
    this.#offset += blockBytes - overlapBytes
    this.#length = overlapBytes
    this.#fresh = overlapBytes
  }

  #lookAt(buffer: Buffer): void {
    this.#look(buffer.subarray(0, this.#length), { fresh: this.#fresh, offset: this.#offset })
  }
}

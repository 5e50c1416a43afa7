import { constants, createInflateRaw } from 'node:zlib'
import type { ContentSink } from '../../../image/content-sink.ts'
import { ZlibDecoder } from '../../../image/inflate/zlib-decoder.ts'
import { LIMITS } from '../../../image/limits.ts'
import type { ArchivePlace } from './archive-place.ts'

/** A file in a zip, whose bytes are passing. */
export interface ZipMember extends ContentSink {
  readonly ended: boolean
  /** How many bytes are still to come; undefined where that is not known. */
  readonly left: number | undefined
}

/**
 * The file behind a local header (APPNOTE.TXT §4.3.7); undefined for directories and what cannot be read. `onBroken` is
 * called where it is not what its header says: it may be no file, but bytes that look like the header of one.
 */
export function zipMember(header: Buffer, place: ArchivePlace, onBroken: () => void): ZipMember | undefined {
  const [flags, method] = [header.readUInt16LE(6), header.readUInt16LE(8)]
  const name = header.toString('latin1', 30, 30 + header.readUInt16LE(26))
  if (name.endsWith('/')) return undefined
  if ((flags & 1) !== 0) {
    place.unseen('it holds encrypted files')
    return undefined
  }
  if (method === 8) return new DeflatedMember(name, place, onBroken)
  if (method === 0) return stored(header, name, place)
  place.unseen(`it holds files in a compression that cannot be inspected (method ${method})`)
  return undefined
}

/** Content as it is. Where its size only follows it, what it is can be told, and it is read to the end. */
function stored(header: Buffer, name: string, place: ArchivePlace): ZipMember | undefined {
  const size = storedSize(header)
  const content = size === 0 ? undefined : place.file(name, size)
  return content === undefined ? undefined : new StoredMember(content, size ?? Infinity, place)
}

function storedSize(header: Buffer): number | undefined {
  const size = header.readUInt32LE(18)
  const follows = (header.readUInt16LE(6) & 8) !== 0
  if (size !== 0xffffffff) return size === 0 && follows ? undefined : size
  const extra = header.subarray(30 + header.readUInt16LE(26))
  for (let at = 0; at + 20 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    // Both sizes in 64 bits, the compressed one last.
    if (extra.readUInt16LE(at) === 1) return Number(extra.readBigUInt64LE(at + 12))
  }
  return undefined
}

class StoredMember implements ZipMember {
  readonly #content: ContentSink
  readonly #place: ArchivePlace
  #left: number

  constructor(content: ContentSink, size: number, place: ArchivePlace) {
    this.#content = content
    this.#left = size
    this.#place = place
  }

  get ended(): boolean {
    return this.#left <= 0
  }

  get left(): number {
    return this.#left
  }

  write(chunk: Buffer): void {
    if (this.ended) return
    const part = chunk.subarray(0, this.#left)
    this.#left = this.#place.take(part.length) ? this.#left - part.length : 0
    this.#content.write(part)
    if (this.ended) this.#content.end()
  }

  end(): void {
    if (this.ended) return
    this.#left = 0
    this.#content.end()
  }
}

class DeflatedMember implements ZipMember {
  readonly #name: string
  readonly #place: ArchivePlace
  readonly #onBroken: () => void
  readonly left = undefined
  readonly #decoder = idle.pop() ?? new ZlibDecoder(createInflateRaw())
  /** Of its own: a file in this one may be an archive that is inflated before this part is done with. */
  #output: Buffer = first
  #content: ContentSink | undefined
  #begun = false
  #taken = 0
  #length = 0
  #ended = false

  constructor(name: string, place: ArchivePlace, onBroken: () => void) {
    this.#name = name
    this.#place = place
    this.#onBroken = onBroken
  }

  get ended(): boolean {
    return this.#ended
  }

  write(chunk: Buffer): void {
    let at = 0
    while (!this.#ended) {
      const output = this.#output
      this.#decoder.decode(chunk, output, { at, flush: constants.Z_NO_FLUSH })
      const { fault, spare, left } = this.#decoder
      if (fault !== undefined) {
        // Readers that do not mind keep what came before.
        this.#pass(output.subarray(0, output.length - spare))
        this.#onBroken()
        this.end()
        return
      }
      this.#taken += chunk.length - at - left
      at = chunk.length - left
      this.#pass(output.subarray(0, output.length - spare))
      // With room on both sides it has come to its end.
      if (spare > 0 && left > 0) this.end()
      if (spare > 0) return
    }
  }

  end(): void {
    if (!this.#ended) this.#finish()
  }

  #pass(part: Buffer): void {
    if (part.length === 0 || this.#ended) return
    if (!this.#begun) {
      this.#begun = true
      this.#content = isJavaClass(part) ? undefined : this.#place.file(this.#name)
      this.#output = outputs.pop() ?? Buffer.allocUnsafe(64 * 1024)
    }
    if (this.#content === undefined) {
      this.#finish()
      return
    }
    this.#length += part.length
    const isBomb = this.#length > LIMITS.ratioFrom && this.#length > LIMITS.ratio * this.#taken
    if (isBomb) this.#place.unseen('it grows too much when it is inflated')
    if (isBomb || !this.#place.take(part.length)) this.#finish()
    else this.#content.write(part)
  }

  #finish(): void {
    this.#ended = true
    this.#content?.end()
    if (this.#output !== first) outputs.push(this.#output)
    if (idle.length === mostIdle) this.#decoder.close()
    else {
      this.#decoder.reset()
      idle.push(this.#decoder)
    }
  }
}

/** What tells whether the rest is worth inflating. */
const first = Buffer.alloc(64)
/** Buffers that nobody uses right now. */
const outputs: Buffer[] = []

/** Code for the Java machine: most of what jars are made of, and nothing that starts without Java. */
function isJavaClass(start: Buffer): boolean {
  return start.length >= 8 && start.readUInt32BE(0) === 0xcafebabe && start.readUInt16BE(6) >= 45
}

/** Decoders that nobody uses right now: one takes longer to make than a small file to inflate. */
const idle: ZlibDecoder[] = []
const mostIdle = 8

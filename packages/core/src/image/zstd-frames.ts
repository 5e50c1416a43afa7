import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'

/** A stretch of one frame, or its end. */
export type FramePart =
  | { readonly kind: 'bytes'; readonly chunk: Uint8Array }
  | { readonly kind: 'frame-end'; readonly blocks: number }

type State =
  | 'magic'
  | 'skippable-size'
  | 'skippable'
  | 'descriptor'
  | 'header'
  | 'block-header'
  | 'block'
  | 'checksum'

/**
 * Walks a zstd stream frame by frame (RFC 8878 §3.1), because node:zlib decodes the first frame only and says
 * nothing. Skippable frames are passed over. Keeps at most 18 bytes.
 */
export class ZstdFrames {
  readonly #staged = Buffer.alloc(18)
  #stagedLength = 0
  #state: State = 'magic'
  /** Bytes until the next state. */
  #left = 4
  #headerBytes = { window: 0, dictionary: 0, size: 0 }
  #frames = 0
  #blocks = 0
  #hasChecksum = false
  #lastBlock = false

  /** @throws LayerError TRUNCATED */
  end(): void {
    const atBorder = this.#state === 'magic' && this.#stagedLength === 0
    if (!atBorder || this.#frames === 0) throw new LayerError('TRUNCATED', 'the zstd stream is cut short')
  }

  /** Splits one chunk at frame borders. @throws LayerError MALFORMED_COMPRESSION, TRAILING_BYTES, LIMIT_EXCEEDED */
  *split(chunk: Uint8Array): Generator<FramePart, void, undefined> {
    let at = 0
    let from = 0
    while (at < chunk.length) {
      const before = this.#state
      at += this.#take(chunk, at)
      if (outside.has(before)) {
        from = at
        if (this.#state === 'descriptor')
          yield { kind: 'bytes', chunk: Buffer.from(this.#staged.subarray(0, 4)) }
      } else if (this.#state === 'magic') {
        yield { kind: 'bytes', chunk: chunk.subarray(from, at) }
        yield { kind: 'frame-end', blocks: this.#blocks }
        from = at
      }
    }
    if (!outside.has(this.#state) && from < chunk.length) yield { kind: 'bytes', chunk: chunk.subarray(from) }
  }

  /** Takes what the state needs, at most; how many bytes that was. */
  #take(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at)
    if (this.#state !== 'block' && this.#state !== 'skippable') {
      this.#staged.set(chunk.subarray(at, at + taken), this.#stagedLength)
      this.#stagedLength += taken
    }
    this.#left -= taken
    if (this.#left === 0) {
      this.#stagedLength = 0
      this.#next()
    }
    return taken
  }

  #next(): void {
    const state = this.#state
    if (state === 'magic') this.#magic(this.#staged.readUInt32LE(0))
    else if (state === 'skippable-size') this.#expect('skippable', this.#staged.readUInt32LE(0))
    else if (state === 'descriptor') this.#descriptor(this.#staged[0] ?? 0)
    else if (state === 'header') this.#header()
    else if (state === 'block-header') this.#blockHeader(this.#staged.readUIntLE(0, 3))
    else if (state === 'block') this.#blockEnd()
    else this.#expect('magic', 4)
  }

  #expect(state: State, length: number): void {
    this.#state = state
    this.#left = length
    if (length === 0) this.#next()
  }

  #magic(magic: number): void {
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) this.#expect('skippable-size', 4)
    else if (magic === 0xfd2fb528) {
      this.#frames += 1
      this.#blocks = 0
      this.#expect('descriptor', 1)
    } else if (this.#frames > 0) throw new LayerError('TRAILING_BYTES', 'bytes follow the last zstd frame')
    else throw new LayerError('MALFORMED_COMPRESSION', 'this is not a zstd frame')
  }

  #descriptor(descriptor: number): void {
    const singleSegment = (descriptor & 0x20) !== 0
    this.#hasChecksum = (descriptor & 4) !== 0
    this.#headerBytes = {
      window: singleSegment ? 0 : 1,
      dictionary: [0, 1, 2, 4][descriptor & 3] ?? 0,
      size: [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0,
    }
    const { window, dictionary, size } = this.#headerBytes
    this.#expect('header', window + dictionary + size)
  }

  /** Decoders reserve the window before the first byte: its size is checked first. */
  #header(): void {
    const { window, dictionary, size } = this.#headerBytes
    const contentSize = size === 0 ? 0n : littleEndian(this.#staged.subarray(dictionary, dictionary + size))
    const byte = BigInt(this.#staged[0] ?? 0)
    const base = 1n << (10n + (byte >> 3n))
    const bytes = window === 1 ? base + (base / 8n) * (byte & 7n) : contentSize
    if (bytes > 2n ** BigInt(LIMITS.zstdWindowLog)) {
      throw limitExceeded('bytes of a zstd window', 2 ** LIMITS.zstdWindowLog, String(bytes))
    }
    this.#expect('block-header', 3)
  }

  #blockEnd(): void {
    if (!this.#lastBlock) this.#expect('block-header', 3)
    else if (this.#hasChecksum) this.#expect('checksum', 4)
    else this.#expect('magic', 4)
  }

  #blockHeader(header: number): void {
    const kind = (header >> 1) & 3
    const size = header >> 3
    if (kind === 3 || size > 128 * 1024) {
      throw new LayerError('MALFORMED_COMPRESSION', 'a zstd block has a malformed header')
    }
    this.#lastBlock = (header & 1) !== 0
    this.#blocks += 1
    // A run-length block stores one byte, whatever its size.
    this.#expect('block', kind === 1 ? 1 : size)
  }
}

const outside: ReadonlySet<State> = new Set<State>(['magic', 'skippable-size', 'skippable'])

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

import { constants, createZstdDecompress, type ZstdOptions } from 'node:zlib'
import { ZlibDecoder } from './inflate/zlib-decoder.ts'
import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { ZstdFrames } from './zstd-frames.ts'

/**
 * Decompresses zstd, every frame of it. A part is only valid until the next one is asked for. The source is always
 * read to its end: a wrong digest says more than a broken frame.
 * @throws LayerError MALFORMED_COMPRESSION, TRUNCATED, TRAILING_BYTES, LIMIT_EXCEEDED
 */
export async function* unzstd(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new ZstdDecoder(Buffer.allocUnsafe(256 * 1024))
  let failure: LayerError | undefined
  for await (const chunk of compressed) {
    if (failure !== undefined) continue
    try {
      yield* decoder.parts(chunk)
    } catch (error) {
      if (!(error instanceof LayerError)) throw error
      failure = error
    }
  }
  decoder.close()
  if (failure !== undefined) throw failure
  decoder.end()
}

/** Decodes zstd frame by frame, into one buffer that is used again. */
export class ZstdDecoder {
  readonly #output: Buffer
  readonly #frames = new ZstdFrames()
  readonly #decoder = new ZlibDecoder(createZstdDecompress(zstdOptions))
  #count = 0
  #length = 0

  constructor(output: Buffer) {
    this.#output = output
  }

  /** Decodes one chunk. @throws LayerError, after which it decodes nothing more */
  *parts(chunk: Uint8Array): Generator<Buffer, void, undefined> {
    for (const part of this.#frames.split(chunk)) {
      if (part.kind === 'bytes') yield* this.#decoded(part.chunk)
      else this.#checkFrames()
    }
  }

  /** @throws LayerError TRUNCATED */
  end(): void {
    this.#frames.end()
  }

  close(): void {
    this.#decoder.close()
  }

  /** The decoder goes on with the next frame by itself, if it is asked to. */
  *#decoded(bytes: Uint8Array): Generator<Buffer, void, undefined> {
    for (let at = 0, more = true; more;) {
      this.#decoder.decode(bytes, this.#output, { at, flush: constants.ZSTD_e_continue })
      const { fault, spare, left } = this.#decoder
      if (fault !== undefined) throw new LayerError('MALFORMED_COMPRESSION', 'a zstd frame is broken')
      const length = this.#output.length - spare
      const moved = length > 0 || at < bytes.length - left
      more = moved && (spare === 0 || left > 0)
      at = bytes.length - left
      this.#length += length
      if (length > 0) yield this.#output.subarray(0, length)
    }
  }

  /** Beginning a frame takes longer than decoding it: a frame must be worth it. */
  #checkFrames(): void {
    this.#count += 1
    if (this.#count <= LIMITS.zstdFrames + this.#length / LIMITS.zstdFrameBytes) return
    throw limitExceeded('zstd frames with almost no content', LIMITS.zstdFrames, String(this.#count))
  }
}

export const zstdOptions: ZstdOptions = { params: { [constants.ZSTD_d_windowLogMax]: LIMITS.zstdWindowLog } }

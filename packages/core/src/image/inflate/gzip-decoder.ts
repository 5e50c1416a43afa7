import { constants, createGunzip } from 'node:zlib'
import { ZlibDecoder } from './zlib-decoder.ts'

/** How a gzip stream ended that did not end well. */
export type GzipFault = 'MALFORMED_COMPRESSION' | 'TRUNCATED' | 'TRAILING_BYTES'

export interface GzipEnd {
  readonly fault: GzipFault | undefined
  /** Compressed bytes that the decoder took, and that there were. */
  readonly taken: number
  readonly length: number
}

/** Inflates gzip, every member of it, into buffers of the caller. */
export class GzipDecoder {
  readonly #output: () => Buffer
  readonly #decoder: ZlibDecoder
  #fault: GzipFault | undefined
  #taken = 0
  #length = 0

  /** `output` gives the buffer to fill next; it is asked for once for each part. */
  constructor(output: () => Buffer) {
    this.#output = output
    this.#decoder = idle.pop() ?? new ZlibDecoder(createGunzip())
  }

  /** Inflates one chunk: yields the length of each part. After a fault the rest is only counted. */
  *parts(chunk: Uint8Array): Generator<number, void, undefined> {
    this.#length += chunk.length
    let at = 0
    let full = this.#fault === undefined && chunk.length > 0
    while (full) {
      const output = this.#output()
      this.#decode(chunk, output, { at, flush: constants.Z_NO_FLUSH })
      if (this.#fault !== undefined) return
      const { spare, left } = this.#decoder
      this.#taken += chunk.length - at - left
      at = chunk.length - left
      full = spare === 0
      // Room in both directions, and it stopped: a member has ended, and a zero byte follows. Go refuses anything
      // there that is not another member, and so do we.
      if (!full && left > 0) this.#fault = 'TRAILING_BYTES'
      if (spare < output.length) yield output.length - spare
    }
  }

  /** Ends the stream, and frees the decoder. */
  end(): GzipEnd {
    if (this.#fault === undefined) this.#decode(nothing, spareOutput, { at: 0, flush: constants.Z_FINISH })
    this.#free()
    return { fault: this.#fault, taken: this.#taken, length: this.#length }
  }

  #decode(input: Uint8Array, output: Buffer, how: { at: number; flush: number }): void {
    this.#decoder.decode(input, output, how)
    const { fault } = this.#decoder
    if (fault !== undefined) this.#fault = fault === 'Z_BUF_ERROR' ? 'TRUNCATED' : 'MALFORMED_COMPRESSION'
  }

  #free(): void {
    if (idle.length === mostIdle) this.#decoder.close()
    else {
      this.#decoder.reset()
      idle.push(this.#decoder)
    }
  }
}

const nothing = new Uint8Array()
const spareOutput = Buffer.alloc(64)

/** Decoders that nobody uses right now: one takes longer to make than a small file to inflate. */
const idle: ZlibDecoder[] = []
const mostIdle = 4

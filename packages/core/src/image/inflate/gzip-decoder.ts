import { constants, createGunzip } from 'node:zlib'

/** How a gzip stream ended that did not end well. */
export type GzipFault = 'MALFORMED_COMPRESSION' | 'TRUNCATED' | 'TRAILING_BYTES'

export interface GzipEnd {
  readonly fault: GzipFault | undefined
  /** Compressed bytes that the decoder took, and that there were. */
  readonly taken: number
  readonly length: number
}

/**
 * Inflates gzip, every member of it, into buffers of the caller. The streams of node:zlib make a new buffer for each
 * chunk: to allocate, fault in and collect those takes as long as inflating.
 */
export class GzipDecoder {
  readonly #output: () => Buffer
  readonly #gunzip = createGunzip()
  readonly #handle: ZlibHandle
  readonly #state: Uint32Array
  #fault: GzipFault | undefined
  #taken = 0
  #length = 0

  /** `output` gives the buffer to fill next; it is asked for once for each part. */
  constructor(output: () => Buffer) {
    this.#output = output
    const { handle, state } = insidesOf(this.#gunzip)
    this.#handle = handle
    this.#state = state
    const faulty: ErrorListener = (_message, _errno, code) => {
      this.#fault = code === 'Z_BUF_ERROR' ? 'TRUNCATED' : 'MALFORMED_COMPRESSION'
    }
    Reflect.set(handle, 'onerror', faulty)
  }

  /** Inflates one chunk: yields the length of each part. After a fault the rest is only counted. */
  *parts(chunk: Uint8Array): Generator<number, void, undefined> {
    this.#length += chunk.length
    let at = 0
    let full = this.#fault === undefined && chunk.length > 0
    while (full) {
      const output = this.#output()
      this.#write(constants.Z_NO_FLUSH, chunk, { at, output })
      if (this.#fault !== undefined) return
      const [spare = 0, left = 0] = this.#state
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
    if (this.#fault === undefined) this.#write(constants.Z_FINISH, nothing, { at: 0, output: spareOutput })
    this.close()
    return { fault: this.#fault, taken: this.#taken, length: this.#length }
  }

  close(): void {
    this.#gunzip.destroy()
  }

  #write(flush: number, input: Uint8Array, { at, output }: { at: number; output: Buffer }): void {
    this.#handle.writeSync(flush, input, at, input.length - at, output, 0, output.length)
  }
}

const nothing = new Uint8Array()
const spareOutput = Buffer.alloc(64)

/** Called in the middle of a write that fails. */
type ErrorListener = (message: string, errno: number, code: string) => void

/** Input and output each with the offset and the length of what is to be used. */
type ZlibWrite = [
  flush: number,
  ...input: [bytes: Uint8Array, offset: number, length: number],
  ...output: [bytes: Uint8Array, offset: number, length: number],
]

interface ZlibHandle {
  writeSync: (...write: ZlibWrite) => void
}

interface Insides {
  readonly handle: ZlibHandle
  /** After a write: how many bytes of the output are left over, and how many of the input. */
  readonly state: Uint32Array
}

/**
 * What node:zlib does not document, and has had since Node 11: the only way to choose the buffer.
 * @throws Error with a Node that has it no longer
 */
function insidesOf(gunzip: object): Insides {
  const handle: unknown = Reflect.get(gunzip, '_handle')
  const state: unknown = Reflect.get(gunzip, '_writeState')
  if (!isHandle(handle) || !(state instanceof Uint32Array)) {
    throw new Error(`this Node, ${process.version}, does not let zlib write into a buffer that is given`)
  }
  return { handle, state }
}

function isHandle(value: unknown): value is ZlibHandle {
  return (
    typeof value === 'object' &&
    value !== null &&
    // Where nobody listens for errors, none would be noticed.
    'onerror' in value &&
    'writeSync' in value &&
    typeof value.writeSync === 'function'
  )
}

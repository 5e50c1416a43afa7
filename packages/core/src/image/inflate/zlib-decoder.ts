import type { Transform } from 'node:stream'

/**
 * The decoder behind a stream of node:zlib, without the stream: it decodes at once, into a buffer of the caller. The
 * streams make a new buffer for each chunk; to allocate, fault in and collect those takes as long as decoding.
 */
export class ZlibDecoder {
  readonly #stream: Transform
  readonly #handle: ZlibHandle
  readonly #state: Uint32Array
  #fault: string | undefined

  /** @throws Error with a Node that does not allow this */
  constructor(stream: Transform) {
    this.#stream = stream
    const { handle, state } = insidesOf(stream)
    this.#handle = handle
    this.#state = state
    const listener: ErrorListener = (_message, _errno, code) => {
      this.#fault = code
    }
    Reflect.set(handle, 'onerror', listener)
  }

  /** zlib's code of what is wrong with the input; nothing can be decoded after it. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** After `decode`: how many bytes of the output are left over. */
  get spare(): number {
    return this.#state[0] ?? 0
  }

  /** After `decode`: how many bytes of the input were not taken. */
  get left(): number {
    return this.#state[1] ?? 0
  }

  /** Decodes from `at` on, as much as fits; `flush` is the constant of the decoder's own format. */
  decode(input: Uint8Array, output: Uint8Array, { at, flush }: { at: number; flush: number }): void {
    this.#handle.writeSync(flush, input, at, input.length - at, output, 0, output.length)
  }

  /** Makes ready for another input. */
  reset(): void {
    this.#fault = undefined
    this.#handle.reset()
  }

  close(): void {
    this.#stream.destroy()
  }
}

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
  reset: () => void
}

interface Insides {
  readonly handle: ZlibHandle
  readonly state: Uint32Array
}

/** What node:zlib does not document, and has had since Node 11: the only way to choose the buffer. */
function insidesOf(stream: Transform): Insides {
  const handle: unknown = Reflect.get(stream, '_handle')
  const state: unknown = Reflect.get(stream, '_writeState')
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
    'reset' in value &&
    'writeSync' in value &&
    typeof value.writeSync === 'function'
  )
}

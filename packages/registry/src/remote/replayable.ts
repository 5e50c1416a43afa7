import { free } from '../owned-chunks.ts'

/** A stream of which the last part that was read can be read again. */
export interface Replayable {
  /**
   * Bytes from a position, which must be within reach: at most `length`, fewer at the end. Their memory is used again
   * for what comes later: whoever keeps a chunk copies it.
   */
  read(from: number, length: number): AsyncIterable<Uint8Array>
  /** Whether everything from this position on is still to be had. */
  reaches(from: number): boolean
  /** Ends the reading of what is behind it. */
  close(): Promise<void>
}

/** The largest chunk that is read, in bytes, and as a part of the window: what is on its way stays far below it. */
const maxChunk = 128 * 1024
const partOfWindow = 8
const empty: Uint8Array = new Uint8Array(0)

/** Keeps the last `window` bytes of a stream, in one piece of memory. */
export function replayable(content: AsyncIterable<Uint8Array>, window: number): Replayable {
  const chunks = content[Symbol.asyncIterator]()
  const ring = Buffer.allocUnsafeSlow(window)
  const largest = Math.min(maxChunk, Math.ceil(window / partOfWindow))
  /** How many bytes have been in the ring. */
  let end = 0
  /** The last chunk, and how much of it has been in the ring. */
  let chunk = empty
  let used = 0
  let isDone = false
  let pulling: Promise<void> | undefined

  const pull = async (): Promise<void> => {
    if (used === chunk.byteLength) {
      const next = await chunks.next()
      if (next.done === true) {
        isDone = true
        return
      }
      chunk = next.value
    }
    const place = end % window
    const fitting = chunk.subarray(used, used + Math.min(largest, window - place))
    ring.set(fitting, place)
    end += fitting.byteLength
    used += fitting.byteLength
    if (used < chunk.byteLength) return
    free(chunk)
    chunk = empty
    used = 0
  }
  // A reader that was given up may still wait for a chunk: whoever comes next waits for the same one.
  const pullOnce = async (): Promise<void> => {
    pulling ??= pull().finally(() => (pulling = undefined))
    await pulling
  }

  return {
    async *read(from, length) {
      const until = from + length
      for (let at = from; at < until;) {
        if (at >= end) {
          if (isDone) return
          await pullOnce()
          continue
        }
        if (at < end - window) throw new RangeError('this part of the stream is not kept any more')
        const place = at % window
        const bytes = ring.subarray(place, Math.min(place + Math.min(largest, until - at, end - at), window))
        at += bytes.byteLength
        // The end of what is behind it is where a wrong digest comes out: nobody gets the last bytes before.
        if (at === end && !isDone) await pullOnce()
        yield bytes
      }
    },
    reaches: (from) => from <= end && from >= end - window,
    async close() {
      await chunks.return?.()
    },
  }
}

/** What looks at a stream as it passes. What either function throws ends the stream. */
export interface Tap {
  readonly chunk: (bytes: Uint8Array) => void
  /** Asked when the stream has come to its end, before its reader learns of it. */
  readonly end: () => void
}

const finished = { done: true, value: undefined } as const

/**
 * Passes a stream on under the eyes of a tap. As a generator would, and with a fraction of its cost for each chunk:
 * large layers pass through several of these.
 */
export function tapped(
  content: AsyncIterable<Uint8Array>,
  tap: Tap,
): AsyncIterableIterator<Uint8Array, undefined, undefined> {
  const source = content[Symbol.asyncIterator]()
  let isDone = false
  const look = (result: IteratorResult<Uint8Array>): Result | Promise<Result> => {
    try {
      if (result.done === true) {
        isDone = true
        tap.end()
        return finished
      }
      tap.chunk(result.value)
      return result
    } catch (error) {
      return close(error)
    }
  }
  const close = async (error: unknown): Promise<Result> => {
    isDone = true
    await source.return?.()
    throw error
  }
  return {
    async next() {
      return isDone ? finished : look(await source.next())
    },
    async return() {
      isDone = true
      await source.return?.()
      return finished
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

type Result = IteratorResult<Uint8Array, undefined>

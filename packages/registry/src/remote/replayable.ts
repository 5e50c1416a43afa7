/** A stream of which the last part that was read can be read again. */
export interface Replayable {
  /** Bytes from a position, which must be within reach: at most `length`, fewer at the end. */
  read(from: number, length: number): AsyncIterable<Uint8Array>
  /** Whether everything from this position on is still to be had. */
  reaches(from: number): boolean
  /** Ends the reading of what is behind it. */
  close(): Promise<void>
}

interface Kept {
  readonly at: number
  readonly bytes: Uint8Array
}

/** Keeps the last `window` bytes of a stream, not copied. */
export function replayable(content: AsyncIterable<Uint8Array>, window: number): Replayable {
  const chunks = content[Symbol.asyncIterator]()
  const kept: Kept[] = []
  let end = 0
  let isDone = false
  let pulling: Promise<void> | undefined

  const pull = async (): Promise<void> => {
    const next = await chunks.next()
    if (next.done === true) isDone = true
    else {
      kept.push({ at: end, bytes: next.value })
      end += next.value.byteLength
    }
    // The newest chunk is always kept, however large it is.
    while (kept.length > 1 && (kept[1]?.at ?? end) <= end - window) kept.shift()
  }
  // A reader that was given up may still wait for a chunk: whoever comes next waits for the same one.
  const pullOnce = async (): Promise<void> => {
    pulling ??= pull().finally(() => (pulling = undefined))
    await pulling
  }
  const reaches = (from: number): boolean => from >= (kept[0]?.at ?? end)

  return {
    async *read(from, length) {
      const until = from + length
      for (let at = from; at < until;) {
        if (at >= end) {
          if (isDone) return
          await pullOnce()
          continue
        }
        const chunk = kept.findLast((each) => each.at <= at)
        if (chunk === undefined) throw new RangeError('this part of the stream is not kept any more')
        const bytes = chunk.bytes.subarray(at - chunk.at, until - chunk.at)
        at += bytes.byteLength
        // The end of what is behind it is where a wrong digest comes out: nobody gets the last bytes before.
        if (at === end && !isDone) await pullOnce()
        yield bytes
      }
    },
    reaches,
    async close() {
      await chunks.return?.()
    },
  }
}

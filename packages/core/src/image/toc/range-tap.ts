/** Bytes that pass, with a copy of one stretch of them. */
export interface Tapped {
  readonly content: AsyncIterable<Uint8Array>
  /** The stretch, as much of it as has passed. */
  readonly taken: () => Buffer | undefined
}

/** Copies a stretch of what passes, if one is wanted. */
export function tapRange(
  content: AsyncIterable<Uint8Array>,
  range: { readonly offset: number; readonly length: number } | undefined,
): Tapped {
  if (range === undefined) return { content, taken: () => undefined }
  const { offset, length } = range
  const parts: Buffer[] = []
  const passing = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    let position = 0
    for await (const chunk of content) {
      const [from, to] = [Math.max(0, offset - position), offset + length - position]
      if (from < chunk.length && to > 0) parts.push(Buffer.from(chunk.subarray(from, to)))
      position += chunk.length
      yield chunk
    }
  }
  return { content: passing(), taken: () => Buffer.concat(parts) }
}

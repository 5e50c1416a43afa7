import type { OpenCall } from '../content.ts'

/** Bytes that are read from a file at a time. */
export const chunkSize: number = 256 * 1024

/** Gives the memory for the next chunk: to allocate and collect it for each takes longer than to read one. */
export function chunkMemory(call: OpenCall | undefined): () => Buffer {
  if (call?.transient !== true) return () => Buffer.allocUnsafe(chunkSize)
  const memory = Buffer.allocUnsafe(chunkSize)
  return () => memory
}

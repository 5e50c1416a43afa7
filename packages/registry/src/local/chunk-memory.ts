import type { OpenCall } from '../content.ts'
import { ownedByReader } from '../owned-chunks.ts'

/** Bytes that are read from a file at a time. */
export const chunkSize: number = 256 * 1024

/** The memory that chunks are read into. */
export interface ChunkMemory {
  /** For the next chunk. */
  readonly next: () => Buffer
  /** What a reader gets of it. */
  readonly filled: (bytes: Uint8Array) => Uint8Array
}

/** One memory for a reader that allows it: to allocate and collect it for each chunk takes longer than to read one. */
export function chunkMemory(call: OpenCall | undefined): ChunkMemory {
  if (call?.transient !== true)
    return { next: () => Buffer.allocUnsafeSlow(chunkSize), filled: ownedByReader }
  const memory = Buffer.allocUnsafe(chunkSize)
  return { next: () => memory, filled: (bytes) => bytes }
}

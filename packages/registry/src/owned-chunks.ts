/** Chunks with memory of their own, of which only the reader of their stream knows. */
const owned = new WeakSet<Uint8Array>()

/** Says that nobody else has this chunk's memory: whoever gets it from the stream may free it. */
export function ownedByReader(chunk: Uint8Array): Uint8Array {
  owned.add(chunk)
  return chunk
}

/**
 * Gives the memory of a chunk that its reader has done with back at once, if it was the reader's. Chunks of the network
 * are small objects with large memory behind them: left to the garbage collector, tens of megabytes of them pile up.
 */
export function free(chunk: Uint8Array): void {
  if (owned.delete(chunk)) freeAlone(chunk)
}

/** Frees the memory of a chunk that nobody reads any more. Memory that holds more than this chunk stays. */
export function freeAlone({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/**
 * Lets `look` see the end of one chunk and the next one in a piece, which is only valid for as long. To allocate and
 * collect memory for each takes longer than to search it.
 */
export function joined<Result>(staged: Buffer, chunk: Buffer, look: (bytes: Buffer) => Result): Result {
  if (staged.length === 0) return look(chunk)
  const length = staged.length + chunk.length
  // Taken, not shared: what `look` finds may be an archive that is read by another of these.
  const memory = takeMemory(length)
  try {
    staged.copy(memory, 0)
    chunk.copy(memory, staged.length)
    return look(memory.subarray(0, length))
  } finally {
    if (memory.length === pieceBytes) idle.push(memory)
  }
}

/** The largest chunks, and the longest header. */
const pieceBytes = 640 * 1024
const idle: Buffer[] = []

function takeMemory(length: number): Buffer {
  if (length > pieceBytes) return Buffer.allocUnsafeSlow(length)
  return idle.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
}

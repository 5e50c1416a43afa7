import type { Io } from './io.ts'
import { readNamedFile } from './read-file.ts'
import { readStdin } from './read-stdin.ts'

/** The largest file that is signed as it is, in bytes: it is held in memory as a whole. */
const maxBlob = 2 * 1024 * 1024 * 1024 - 1

/**
 * Reads the file that an argument names, or stdin for `-`.
 * @throws UsageError UNREADABLE_FILE
 */
export function readBlob(io: Io, name: string): Promise<Uint8Array> {
  return name === '-' ? readStdin(io, 'the file', maxBlob) : readNamedFile(name, 'the file', maxBlob)
}

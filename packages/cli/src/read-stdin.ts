import { readAll, RegistryError } from '@assay/registry'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads all of stdin, for a flag or an argument that says `-`.
 * @throws UsageError UNREADABLE_FILE when there are more than `limit` bytes
 */
export async function readStdin(io: Io, what: string, limit: number): Promise<Uint8Array> {
  try {
    return await readAll(io.stdin, { limit, on: 'stdin' })
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new UsageError('UNREADABLE_FILE', `stdin cannot be read for ${what}`, {
      expected: `at most ${limit} bytes`,
      cause: error,
    })
  }
}

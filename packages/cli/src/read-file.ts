import { open } from 'node:fs/promises'
import { readAll, RegistryError } from '@assay/registry'
import { UsageError } from './usage-error.ts'

/** Files that a flag names are small: keys, trust roots, policies, predicates. */
const defaultLimit = 16 * 1024 * 1024

/**
 * Reads a whole file that the command line names.
 * @throws UsageError UNREADABLE_FILE when it cannot be read or is larger than `limit` bytes
 */
export async function readNamedFile(
  path: string,
  flag: string,
  limit: number = defaultLimit,
): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r')
    const stat = await file.stat()
    if (stat.size > limit) throw tooLarge(path, flag, limit)
    // A pipe or a device does not say its size, and may have no end.
    if (!stat.isFile()) return await readAll(file.createReadStream({ autoClose: false }), { limit, on: path })
    const bytes = await file.readFile()
    if (bytes.byteLength > limit) throw tooLarge(path, flag, limit)
    return bytes
  } catch (error) {
    if (error instanceof RegistryError) throw tooLarge(path, flag, limit)
    if (error instanceof UsageError || !(error instanceof Error)) throw error
    throw new UsageError('UNREADABLE_FILE', `the file of ${flag} cannot be read`, { on: path, cause: error })
  }
}

function tooLarge(path: string, flag: string, limit: number): UsageError {
  return new UsageError('UNREADABLE_FILE', `the file of ${flag} is too large`, {
    on: path,
    expected: `at most ${limit} bytes`,
  })
}

import { open } from 'node:fs/promises'
import { readAll } from '@assay/registry'

const maxSize = 1024 * 1024

/**
 * The text of a small file that a configuration names, or undefined where there is none.
 * @throws RegistryError LIMIT_EXCEEDED
 * @throws Error of the system, for anything but a missing file
 */
export async function smallFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r')
    // Devices and pipes say nothing of their size.
    const bytes = await readAll(file.createReadStream({ autoClose: false }), { limit: maxSize, on: path })
    return Buffer.from(bytes).toString('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

import { open } from 'node:fs/promises'

const maxSize = 1024 * 1024

/**
 * The text of a small file that a configuration names, or undefined where there is none.
 * @throws Error of the system, for anything but a missing file
 */
export async function smallFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r')
    if ((await file.stat()).size > maxSize) throw new Error('the file is too large')
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

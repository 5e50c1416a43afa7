import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { OutputError } from './output-error.ts'

/**
 * Writes a whole file or nothing: a new file takes the place of an old one only when it is complete. What was there
 * is never written through, so that a link leads nowhere.
 * @throws OutputError
 */
export async function writeNamedFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await using file = await open(temporary, 'wx', 0o644)
    await file.writeFile(content)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw new OutputError(`the file could not be written: ${path}`, { cause: error })
  }
}

import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { writeFailed } from './file-error.ts'

export interface WriteOptions {
  readonly mode?: number
  /** Asked when all is written, right before it takes the name; what it throws leaves the old content. */
  readonly beforeRename?: () => Promise<void>
}

/** Writes a small file so that its name always has either the old content or the new. */
export async function writeAtomically(
  path: string,
  text: string,
  { mode = 0o644, beforeRename }: WriteOptions = {},
): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(8).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await beforeRename?.()
    await rename(temporary, path)
  } catch (error) {
    throw writeFailed(error, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

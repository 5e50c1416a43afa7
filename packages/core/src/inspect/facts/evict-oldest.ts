import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asidePrefix, codeOf } from './own-files.ts'

/** What is being written for longer than this, in milliseconds, was left behind. */
const leftBehind = 60 * 60 * 1000

/** What a directory holds. */
export interface Held {
  readonly bytes: number
  readonly files: number
}

/** Takes the least lately used files away until the others are within the limits; answers what they hold. */
export async function evictOldest(directory: string, limit: Held): Promise<Held> {
  const names = await readdir(directory)
  const found = (await Promise.all(names.map(async (name) => await fileOf(directory, name)))).flat()
  const newestFirst = found.toSorted((a, b) => b.used - a.used)
  const now = Date.now()
  let bytes = 0
  let files = 0
  for (const { name, used, size } of newestFirst) {
    const isLeftover = name.startsWith(asidePrefix) && now - used > leftBehind
    if (isLeftover || bytes + size > limit.bytes || files === limit.files) {
      await rm(join(directory, name), { force: true })
    } else {
      bytes += size
      files += 1
    }
  }
  return { bytes, files }
}

interface File {
  readonly name: string
  readonly used: number
  readonly size: number
}

/** None where another process took it away. */
async function fileOf(directory: string, name: string): Promise<readonly File[]> {
  try {
    const { mtimeMs, size } = await stat(join(directory, name))
    return [{ name, used: mtimeMs, size }]
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asidePrefix, codeOf } from './own-files.ts'

/** What is being written for longer than this, in milliseconds, was left behind. */
const leftBehind = 60 * 60 * 1000

/** Takes the least lately used files away until the others hold at most `limit` bytes; answers what they hold. */
export async function evictOldest(directory: string, limit: number): Promise<number> {
  const names = await readdir(directory)
  const files = (await Promise.all(names.map(async (name) => await fileOf(directory, name)))).flat()
  const newestFirst = files.toSorted((a, b) => b.used - a.used)
  const now = Date.now()
  let held = 0
  for (const { name, used, size } of newestFirst) {
    const isLeftover = name.startsWith(asidePrefix) && now - used > leftBehind
    if (isLeftover || held + size > limit) await rm(join(directory, name), { force: true })
    else held += size
  }
  return held
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

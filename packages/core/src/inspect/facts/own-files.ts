import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FactsError } from './facts-error.ts'

/**
 * A directory that nobody else can read or change, made where there is none.
 * @throws FactsError UNSAFE_FACTS, or the error of the file system
 */
export async function ownDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  for (const [each, forbidden] of [
    [path, 0o077],
    [dirname(path), 0o022],
  ] as const) {
    const { uid, mode, isDirectory } = await stateOf(each)
    if (!isDirectory) throw unsafe(each, 'a directory, not a link', 'something else')
    if (uid !== ownId(uid)) throw unsafe(each, 'a directory of one’s own', `of user ${uid}`)
    if ((mode & forbidden) !== 0) throw unsafe(each, 'a directory that others cannot change', octal(mode))
  }
}

/**
 * The bytes of a file of one's own, links not followed; undefined where there is none.
 * @throws FactsError UNSAFE_FACTS, or the error of the file system
 */
export async function readOwnFile(path: string, limit: number): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const state = await file.stat()
    if (!state.isFile()) throw unsafe(path, 'a file', 'something else')
    if (state.uid !== ownId(state.uid)) throw unsafe(path, 'a file of one’s own', `of user ${state.uid}`)
    if ((state.mode & 0o077) !== 0) throw unsafe(path, 'a file that others cannot read', octal(state.mode))
    if (state.size > limit) throw unsafe(path, `at most ${limit} bytes`, `${state.size} bytes`)
    const bytes = Buffer.alloc(state.size)
    const { bytesRead } = await file.read(bytes, 0, state.size, 0)
    return bytes.subarray(0, bytesRead)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (codeOf(error) === 'ELOOP') throw unsafe(path, 'a file', 'a link')
    throw error
  }
}

/** Puts a whole file in place of another; nobody sees half of it. */
export async function replaceOwnFile(path: string, bytes: Uint8Array): Promise<void> {
  await writeAside(path, bytes, async (aside) => await rename(aside, path))
}

/** Makes a whole file; false where there is one already. */
export async function makeOwnFile(path: string, bytes: Uint8Array): Promise<boolean> {
  let made = true
  await writeAside(path, bytes, async (aside) => {
    try {
      await link(aside, path)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      made = false
    }
  })
  return made
}

/** Files that are being written begin so, and those that were left behind. */
export const asidePrefix = '.new-'

async function writeAside(
  path: string,
  bytes: Uint8Array,
  put: (aside: string) => Promise<void>,
): Promise<void> {
  const aside = join(dirname(path), `${asidePrefix}${randomBytes(8).toString('hex')}`)
  try {
    {
      await using file = await open(aside, 'wx', 0o600)
      await file.writeFile(bytes)
    }
    await put(aside)
  } finally {
    await rm(aside, { force: true })
  }
}

async function stateOf(path: string): Promise<{ uid: number; mode: number; isDirectory: boolean }> {
  const state = await lstat(path)
  return { uid: state.uid, mode: state.mode, isDirectory: state.isDirectory() }
}

/** Where users have no numbers, every file counts as one's own. */
function ownId(fallback: number): number {
  return process.getuid?.() ?? fallback
}

function unsafe(on: string, expected: string, got: string): FactsError {
  return new FactsError('UNSAFE_FACTS', 'what is remembered is not kept safely', {
    on,
    expected,
    got,
  })
}

function octal(mode: number): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`
}

/** The code of a system error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

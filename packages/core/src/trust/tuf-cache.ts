import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { isJsonObject, parseStrictJson, RegistryError } from '@assay/registry'

/** A copy of a TUF cache that nobody else reads or writes. */
export interface PrivateCache extends AsyncDisposable {
  readonly path: string
  /** Brings what is newer in the copy back to where it came from; a place that cannot be written to stays as it is. */
  publish(): Promise<void>
}

/**
 * Copies the cache of a TUF client, for one run. The client writes its files in place: in a shared directory other
 * processes would read them half-written, and in a home that is mounted read-only it would fail.
 * @param directory where caches are kept; without one it is thrown away
 */
export async function privateCache(mirror: string, directory: string | undefined): Promise<PrivateCache> {
  const path = await mkdtemp(join(tmpdir(), 'assay-tuf-'))
  const folder = repositoryFolder(mirror)
  const own = join(path, folder)
  const shared = directory === undefined ? undefined : join(directory, folder)
  if (shared !== undefined) await unlessMissing(cp(shared, own, { recursive: true, dereference: true }))
  return {
    path,
    publish: async () => {
      if (shared !== undefined) await unlessUnwritable(publish(own, shared))
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** What the client calls the folder of a repository. */
export function repositoryFolder(mirror: string): string {
  const { host, pathname } = new URL(mirror)
  return encodeURIComponent(host + pathname.replace(/\/$/, ''))
}

async function publish(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const source = join(entry.parentPath, entry.name)
    const target = join(to, relative(from, source))
    // One after the other: the metadata is small.
    // oxlint-disable no-await-in-loop
    const bytes = await readFile(source)
    const there = await read(target)
    if (there !== undefined && (there.equals(bytes) || versionOf(there) > versionOf(bytes))) continue
    await replace(target, bytes)
    // oxlint-enable no-await-in-loop
  }
}

/** Whoever reads meanwhile reads the old content or the new one. */
async function replace(target: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, bytes)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Of metadata its version, so that a slower process does not bring back what is older (TUF §5.4.3); 0 of the rest. */
function versionOf(bytes: Buffer): number {
  try {
    const value = parseStrictJson(bytes, { on: 'TUF metadata' })
    const signed = isJsonObject(value) ? value['signed'] : undefined
    const version = isJsonObject(signed) ? signed['version'] : undefined
    return typeof version === 'number' ? version : 0
  } catch (error) {
    if (error instanceof RegistryError) return 0
    throw error
  }
}

async function unlessMissing(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
  }
}

/** The cache saves requests and remembers what was newest; without it every run starts from the root that is given. */
async function unlessUnwritable(work: Promise<void>): Promise<void> {
  const harmless = ['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EDQUOT']
  try {
    await work
  } catch (error) {
    if (!harmless.includes(codeOf(error))) throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

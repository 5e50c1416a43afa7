import { createHash, randomBytes } from 'node:crypto'
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

/** In the folder of a repository: the SHA-256 of the root metadata that somebody had trust in it start from. */
const originFile = 'first-root.sha256'

/** Whoever could write there would choose whom is trusted, whatever the umask says. */
const [ownFolder, ownFile] = [0o700, 0o600]

export interface CachePlace {
  /** Where caches are kept; without one it is thrown away. */
  readonly directory: string | undefined
  /** The root metadata that trust has to start from; without it what is kept there counts, wherever it started. */
  readonly firstRoot: Uint8Array | undefined
}

/**
 * Copies the cache of a TUF client, for one run. The client writes its files in place: in a shared directory other
 * processes would read them half-written, and in a home that is mounted read-only it would fail. It takes any root that
 * it finds for the one to start from, so that what was started from another root is neither copied nor touched.
 */
export async function privateCache(
  mirror: string,
  { directory, firstRoot }: CachePlace,
): Promise<PrivateCache> {
  const path = await mkdtemp(join(tmpdir(), 'assay-tuf-'))
  const folder = repositoryFolder(mirror)
  const own = join(path, folder)
  const shared = directory === undefined ? undefined : join(directory, folder)
  const there = shared === undefined ? undefined : await originOf(shared)
  const origin = firstRoot === undefined ? there : createHash('sha256').update(firstRoot).digest('hex')
  if (shared !== undefined && origin === there)
    await unlessMissing(cp(shared, own, { recursive: true, dereference: true }))
  return {
    path,
    publish: async () => {
      if (shared !== undefined) await unlessUnwritable(publishFrom(own, shared, origin))
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** What a cache says that it was started from; undefined where it holds no root, or one that nobody gave. */
async function originOf(folder: string): Promise<string | undefined> {
  const origin = await read(join(folder, originFile))
  return (await hasRoot(folder)) ? origin?.toString('latin1') : undefined
}

async function hasRoot(folder: string): Promise<boolean> {
  return (await read(join(folder, 'root.json'))) !== undefined
}

async function publishFrom(own: string, shared: string, origin: string | undefined): Promise<void> {
  if (await isStartedFrom(shared, origin)) await publish(own, shared)
}

/** Asked again at the end: somebody may have had trust start afresh meanwhile. An empty place is claimed. */
async function isStartedFrom(folder: string, origin: string | undefined): Promise<boolean> {
  const path = join(folder, originFile)
  if (origin !== undefined && !(await hasRoot(folder))) {
    await mkdir(folder, { recursive: true, mode: ownFolder })
    await unlessThere(writeFile(path, origin, { flag: 'wx', mode: ownFile }))
  }
  return (await read(path))?.toString('latin1') === origin
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
  await mkdir(dirname(target), { recursive: true, mode: ownFolder })
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, bytes, { mode: ownFile })
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
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
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

async function unlessThere(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
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

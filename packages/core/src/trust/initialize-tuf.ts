import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrustRoot } from './parse-trust-root.ts'
import type { TrustRoot } from './trust-root.ts'
import { TrustError } from './trust-error.ts'
import { repositoryFolder } from './tuf-cache.ts'
import { fetchTufTarget, publicGoodMirror } from './tuf-target.ts'

/** Keeps which mirror was chosen, beside the metadata of all mirrors. */
export const chosenMirrorFile = 'remote.json'

export interface TufInitialization {
  readonly mirror?: string
  /** The TUF root metadata that trust starts from; needed for any mirror but the public-good instance's. */
  readonly root?: Uint8Array
  readonly cacheDirectory: string
}

/**
 * Starts trust in a TUF repository afresh and makes it the one that later runs use. Everything is fetched and checked
 * in a place of its own first, and takes the place of what was there at once, or not at all.
 * @throws TrustError TRUST_ROOT_UNAVAILABLE, MALFORMED_TRUST_ROOT
 */
export async function initializeTuf(options: TufInitialization): Promise<TrustRoot> {
  const { mirror = publicGoodMirror, root, cacheDirectory } = options
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 })
  const fresh = await mkdtemp(join(cacheDirectory, '.new-'))
  try {
    const rootFile = join(fresh, 'first-root.json')
    if (root !== undefined) await writeFile(rootFile, root, { mode: 0o600 })
    const document = await fetchTufTarget('trusted_root.json', {
      mirror,
      cacheDirectory: join(fresh, 'cache'),
      ...(root !== undefined && { rootFile }),
    })
    const trust = parseTrustRoot(document, { kind: 'tuf', mirror })
    await replace(
      join(fresh, 'cache', repositoryFolder(mirror)),
      join(cacheDirectory, repositoryFolder(mirror)),
      fresh,
    )
    const note = join(fresh, chosenMirrorFile)
    await writeFile(note, `${JSON.stringify({ mirror })}\n`, { mode: 0o600 })
    await rename(note, join(cacheDirectory, chosenMirrorFile))
    return trust
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** Moves a folder to where another may be, which is gone with the aside folder. */
async function replace(from: string, to: string, aside: string): Promise<void> {
  try {
    await rename(to, join(aside, 'old'))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing) throw unwritable(to, error)
  }
  await rename(from, to)
}

function unwritable(on: string, cause: unknown): TrustError {
  return new TrustError('TRUST_ROOT_UNAVAILABLE', 'the cache cannot be written', { on, cause })
}

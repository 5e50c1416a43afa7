import { readFile } from 'node:fs/promises'
import { TrustError } from './trust-error.ts'
import { privateCache } from './tuf-cache.ts'
import { twinKeys } from './tuf-root-keys.ts'

/** The TUF repository that a Sigstore instance publishes its trust in. */
export interface TufRepository {
  /** Where it is; the public-good instance's unless given. */
  readonly mirror?: string
  /** The TUF root metadata (a file) that trust starts from; needed for any other mirror. */
  readonly rootFile?: string
  /** Where metadata and targets are kept between runs; a throw-away directory unless given. */
  readonly cacheDirectory?: string
}

export const publicGoodMirror = 'https://tuf-repo-cdn.sigstore.dev'

/**
 * The current content of one target, after the client workflow of the TUF specification (§5).
 * @throws TrustError TRUST_ROOT_UNAVAILABLE when the repository cannot be reached or its metadata does not hold
 */
export async function fetchTufTarget(target: string, repository: TufRepository = {}): Promise<Uint8Array> {
  const { mirror = publicGoodMirror, rootFile, cacheDirectory } = repository
  try {
    const firstRoot = rootFile === undefined ? undefined : await readFile(rootFile)
    await using cache = await privateCache(mirror, { directory: cacheDirectory, firstRoot })
    const { initTUF } = await import('@sigstore/tuf')
    const options = { mirrorURL: mirror, cachePath: cache.path }
    const asked = initTUF({ ...options, ...(rootFile !== undefined && { rootPath: rootFile }) })
    // What the client kept was verified, even where it failed at the next step: a newer root must not be forgotten.
    const client = await settled(asked)
    const twins = await twinKeys(cache.path, mirror)
    if (twins !== undefined) throw new Error(twins)
    const content = client.status === 'fulfilled' ? await settled(client.value.getTarget(target)) : client
    await cache.publish()
    if (content.status === 'rejected') throw content.reason
    return Buffer.from(content.value)
  } catch (error) {
    // The client throws errors of a dozen classes, and TypeErrors where metadata has another shape: each of them
    // means the same, that nothing of the repository may be used.
    if (!(error instanceof Error)) throw error
    throw new TrustError(
      'TRUST_ROOT_UNAVAILABLE',
      'the trust of this Sigstore instance could not be brought up to date',
      {
        on: mirror,
        got: innermost(error).message,
        hint: 'give --trusted-root FILE, or --offline to verify with the root that the package embeds',
        cause: error,
      },
    )
  }
}

async function settled<Value>(work: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [result] = await Promise.allSettled([work])
  return result
}

/** The innermost cause says what happened; the outer ones only in which step. */
function innermost(error: Error): Error {
  let inner = error
  for (let depth = 0; depth < 8 && inner.cause instanceof Error; depth += 1) inner = inner.cause
  return inner
}

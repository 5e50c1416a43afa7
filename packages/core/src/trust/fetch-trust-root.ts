import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTrustRoot } from './parse-trust-root.ts'
import { TrustError } from './trust-error.ts'
import type { TrustRoot } from './trust-root.ts'

export interface FetchTrustRootOptions {
  /** The TUF repository; the public-good instance's unless given. */
  readonly mirror?: string
  /** The TUF root metadata (a file) that trust starts from; needed for any other mirror. */
  readonly rootFile?: string
  /** Where the TUF metadata is kept between runs; a throw-away directory unless given. */
  readonly cacheDirectory?: string
}

const publicGoodMirror = 'https://tuf-repo-cdn.sigstore.dev'
const target = 'trusted_root.json'

/**
 * The current trusted root of a Sigstore instance, through its TUF repository (TUF specification §5).
 * @throws TrustError TRUST_ROOT_UNAVAILABLE when the repository cannot be reached or its metadata does not hold,
 * MALFORMED_TRUST_ROOT
 */
export async function fetchTrustRoot(options: FetchTrustRootOptions = {}): Promise<TrustRoot> {
  const { mirror = publicGoodMirror, rootFile, cacheDirectory } = options
  const cachePath = cacheDirectory ?? (await mkdtemp(join(tmpdir(), 'assay-tuf-')))
  try {
    const document = await download({
      mirrorURL: mirror,
      cachePath,
      ...(rootFile !== undefined && { rootPath: rootFile }),
    })
    return parseTrustRoot(Buffer.from(document), { kind: 'tuf', mirror })
  } finally {
    if (cacheDirectory === undefined) await rm(cachePath, { recursive: true, force: true })
  }
}

async function download(options: {
  readonly mirrorURL: string
  readonly cachePath: string
  readonly rootPath?: string
}): Promise<string> {
  const { initTUF, TUFError } = await import('@sigstore/tuf')
  try {
    const client = await initTUF(options)
    return await client.getTarget(target)
  } catch (error) {
    if (!(error instanceof TUFError) && !isFileError(error)) throw error
    throw new TrustError('TRUST_ROOT_UNAVAILABLE', 'the trusted root could not be brought up to date', {
      on: options.mirrorURL,
      ...reason(error),
      hint: 'give --trusted-root FILE, or --offline to use the root that the package embeds',
      cause: error,
    })
  }
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}

/** The innermost cause says what happened; the outer ones only which step. */
function reason(error: Error): { readonly got: string } {
  let inner = error
  for (let depth = 0; depth < 8 && inner.cause instanceof Error; depth += 1) inner = inner.cause
  return { got: inner.message }
}

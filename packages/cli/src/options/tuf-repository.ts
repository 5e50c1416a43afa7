import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { chosenMirrorFile, type TufRepository } from '@assay/core'
import { isJsonObject, parseStrictJson } from '@assay/registry'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'

/**
 * The TUF repository that the environment names, in the variables of other Sigstore clients: TUF_MIRROR, TUF_ROOT_JSON,
 * TUF_ROOT; else the one that `assay initialize` chose, else that of the public-good instance.
 * @throws UsageError UNREADABLE_FILE where the choice cannot be read
 */
export async function tufRepository(io: Io): Promise<TufRepository> {
  const cacheDirectory = tufCache(io)
  const mirror = filled(io, 'TUF_MIRROR') ?? (await chosenMirror(cacheDirectory))
  const rootFile = filled(io, 'TUF_ROOT_JSON')
  return {
    ...(mirror !== undefined && { mirror }),
    ...(rootFile !== undefined && { rootFile }),
    cacheDirectory,
  }
}

/** Where metadata is kept between runs: a directory of our own, unless TUF_ROOT names one. */
export function tufCache(io: Io): string {
  const caches = filled(io, 'XDG_CACHE_HOME') ?? join(filled(io, 'HOME') ?? homedir(), '.cache')
  return filled(io, 'TUF_ROOT') ?? join(caches, 'assay', 'tuf')
}

function filled(io: Io, name: string): string | undefined {
  const value = io.env[name]
  return value === '' ? undefined : value
}

async function chosenMirror(cacheDirectory: string): Promise<string | undefined> {
  const path = join(cacheDirectory, chosenMirrorFile)
  const bytes = await contentOf(path)
  if (bytes === undefined) return undefined
  const document = parseStrictJson(bytes, { on: path })
  const mirror = isJsonObject(document) ? document['mirror'] : undefined
  if (typeof mirror === 'string' && URL.canParse(mirror)) return mirror
  throw new UsageError('UNREADABLE_FILE', 'the choice of assay initialize cannot be read', {
    on: path,
    hint: 'run assay initialize again',
  })
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new UsageError('UNREADABLE_FILE', 'the choice of assay initialize cannot be read', {
      on: path,
      cause: error,
    })
  }
}

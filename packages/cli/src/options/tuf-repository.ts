import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TufRepository } from '@assay/core'
import type { Io } from '../io.ts'

/** The TUF repository that the environment names, in the variables of other Sigstore clients: TUF_MIRROR, TUF_ROOT_JSON, TUF_ROOT. */
export function tufRepository(io: Io): TufRepository {
  const [mirror, rootFile, cache, caches, home] = [
    'TUF_MIRROR',
    'TUF_ROOT_JSON',
    'TUF_ROOT',
    'XDG_CACHE_HOME',
    'HOME',
  ].map((name) => (io.env[name] === '' ? undefined : io.env[name]))
  return {
    ...(mirror !== undefined && { mirror }),
    ...(rootFile !== undefined && { rootFile }),
    cacheDirectory: cache ?? join(caches ?? join(home ?? homedir(), '.cache'), 'assay', 'tuf'),
  }
}

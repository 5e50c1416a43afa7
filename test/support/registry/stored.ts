import type { HttpRequest } from '@assay/registry'

export interface StoredManifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** One repository; tests may put into it what no honest client would. */
export interface StoredRepository {
  readonly blobs: Map<string, Uint8Array>
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
  readonly uploads: Map<string, Uint8Array>
}

export type Repositories = Map<string, StoredRepository>

export interface DistributionContext {
  readonly repositories: Repositories
  readonly referrersApi: boolean
  readonly pageSize: number
}

export interface RepositoryRequest extends DistributionContext {
  readonly request: HttpRequest
  readonly name: string
  /** What follows the kind of endpoint in the path: a tag, a digest, an upload's id. */
  readonly rest: string
}

/** The repository of a name, made on first use. */
export function repositoryOf(repositories: Repositories, name: string): StoredRepository {
  const found = repositories.get(name)
  if (found !== undefined) return found
  const made = { blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() }
  repositories.set(name, made)
  return made
}

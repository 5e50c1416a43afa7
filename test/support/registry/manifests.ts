import { digestOf, isDigest, type HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'
import { bodyOf } from './body-of.ts'
import { repositoryOf, type RepositoryRequest, type StoredRepository } from './stored.ts'

const maxSize = 4 * 1024 * 1024

/** Manifests: GET, HEAD, PUT, DELETE by tag or digest. */
export async function answerManifest(asked: RepositoryRequest): Promise<HttpResponse> {
  if (asked.request.method === 'PUT') return await putManifest(asked)
  const repository = repositoryOf(asked.repositories, asked.name)
  const digest = isDigest(asked.rest) ? asked.rest : repository.tags.get(asked.rest)
  const stored = digest === undefined ? undefined : repository.manifests.get(digest)
  if (digest === undefined || stored === undefined) return apiError(404, 'MANIFEST_UNKNOWN')
  const headers = { 'content-type': stored.mediaType, 'docker-content-digest': digest, etag: `"${digest}"` }
  switch (asked.request.method) {
    case 'GET':
      return answer(200, headers, stored.bytes)
    case 'HEAD':
      return answer(200, { ...headers, 'content-length': String(stored.bytes.byteLength) })
    case 'DELETE':
      remove(repository, asked.rest)
      return answer(202)
    default:
      return apiError(405, 'UNSUPPORTED')
  }
}

async function putManifest({
  request,
  repositories,
  name,
  rest,
  referrersApi,
}: RepositoryRequest): Promise<HttpResponse> {
  const bytes = await bodyOf(request)
  if (bytes.byteLength > maxSize) return apiError(413, 'SIZE_INVALID')
  const digest = digestOf(bytes, rest.startsWith('sha512:') ? 'sha512' : 'sha256')
  if (rest.includes(':') && digest !== rest) return apiError(400, 'DIGEST_INVALID')
  const repository = repositoryOf(repositories, name)
  const document = readJson(bytes)
  if (document === undefined) return apiError(400, 'MANIFEST_INVALID')
  const missing = childrenOf(document).find(
    (child) => !repository.blobs.has(child) && !repository.manifests.has(child),
  )
  if (missing !== undefined) return apiError(400, 'MANIFEST_BLOB_UNKNOWN', missing)
  repository.manifests.set(digest, { mediaType: request.headers['content-type'] ?? '', bytes })
  if (!isDigest(rest)) repository.tags.set(rest, digest)
  const subject = document.subject?.digest
  return answer(201, {
    location: `/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(referrersApi && subject !== undefined && { 'oci-subject': subject }),
  })
}

function remove(repository: StoredRepository, reference: string): void {
  if (!isDigest(reference)) {
    repository.tags.delete(reference)
    return
  }
  repository.manifests.delete(reference)
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag)
}

/** The fields of a manifest that a registry looks at. */
export interface ManifestDocument {
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly subject?: { readonly digest: string }
  readonly config?: { readonly digest: string; readonly mediaType: string }
  readonly layers?: readonly { readonly digest: string; readonly urls?: readonly string[] }[]
  readonly manifests?: readonly { readonly digest: string }[]
}

export function readJson(bytes: Uint8Array): ManifestDocument | undefined {
  try {
    const document: ManifestDocument = JSON.parse(new TextDecoder().decode(bytes))
    return document
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function childrenOf({ config, layers = [], manifests = [] }: ManifestDocument): readonly string[] {
  const local = layers.filter(({ urls }) => urls === undefined)
  return [...(config === undefined ? [] : [config]), ...local, ...manifests].map(({ digest }) => digest)
}

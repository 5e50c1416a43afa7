import { mediaTypes, type HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'
import { repositoryOf, type RepositoryRequest } from './stored.ts'
import { readJson } from './manifests.ts'

/** `tags/list`, in pages. */
export function answerTags(asked: RepositoryRequest): HttpResponse {
  const { repositories, request, name, rest } = asked
  if (rest !== 'list' || request.method !== 'GET') return apiError(404, 'UNSUPPORTED')
  if (!repositories.has(name)) return apiError(404, 'NAME_UNKNOWN')
  const { searchParams } = request.url
  const last = searchParams.get('last') ?? ''
  const tags = [...repositoryOf(repositories, name).tags.keys()].toSorted().filter((tag) => tag > last)
  const pageSize = Math.min(asked.pageSize, Number(searchParams.get('n') ?? Number.POSITIVE_INFINITY))
  const items = tags.slice(0, pageSize)
  const next = new URL(request.url)
  next.searchParams.set('last', items.at(-1) ?? '')
  const isWhole = items.length === tags.length || items.length === 0
  const link = isWhole ? {} : { link: `<${next.pathname}${next.search}>; rel="next"` }
  return answer(200, { 'content-type': 'application/json', ...link }, JSON.stringify({ name, tags: items }))
}

/** `referrers/<digest>`, in pages. */
export function answerReferrers(asked: RepositoryRequest): HttpResponse {
  const { repositories, request, name, rest } = asked
  if (request.method !== 'GET') return apiError(405, 'UNSUPPORTED')
  const wanted = request.url.searchParams.get('artifactType')
  const entries = [...repositoryOf(repositories, name).manifests].flatMap(
    ([digest, { mediaType, bytes }]) => {
      const document = readJson(bytes)
      if (document?.subject?.digest !== rest) return []
      const artifactType = document.artifactType ?? document.config?.mediaType
      if (wanted !== null && artifactType !== wanted) return []
      return [{ mediaType, digest, size: bytes.byteLength, artifactType, annotations: document.annotations }]
    },
  )
  const { items, link } = page(asked, entries)
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: items })
  const filtered = wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }
  return answer(200, { 'content-type': mediaTypes.ociIndex, ...link, ...filtered }, body)
}

function page<T>(
  { request, pageSize }: RepositoryRequest,
  items: readonly T[],
): { readonly items: readonly T[]; readonly link: Readonly<Record<string, string>> } {
  const from = Number(request.url.searchParams.get('from') ?? '0')
  const next = from + pageSize
  if (next >= items.length) return { items: items.slice(from), link: {} }
  const url = new URL(request.url)
  url.searchParams.set('from', String(next))
  return { items: items.slice(from, next), link: { link: `<${url.pathname}${url.search}>; rel="next"` } }
}

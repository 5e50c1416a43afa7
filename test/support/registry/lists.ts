import { mediaTypes, type HttpRequest, type HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'
import { repositoryOf, type DistributionContext, type RepositoryRequest } from './stored.ts'
import { readJson } from './manifests.ts'

/** `tags/list`, in pages. */
export function answerTags(asked: RepositoryRequest): HttpResponse {
  const { repositories, request, name, rest } = asked
  if (rest !== 'list' || request.method !== 'GET') return apiError(404, 'UNSUPPORTED')
  if (!repositories.has(name)) return apiError(404, 'NAME_UNKNOWN')
  const tags = [...repositoryOf(repositories, name).tags.keys()].toSorted()
  const { items, link } = pageAfter(asked, tags)
  return answer(200, { 'content-type': 'application/json', ...link }, JSON.stringify({ name, tags: items }))
}

/** `_catalog`, in pages (distribution, "Listing Repositories"). */
export function answerCatalog(request: HttpRequest, context: DistributionContext): HttpResponse {
  const names = [...context.repositories.keys()].toSorted()
  const { items, link } = pageAfter({ request, pageSize: context.pageSize }, names)
  return answer(200, { 'content-type': 'application/json', ...link }, JSON.stringify({ repositories: items }))
}

/** The names after `last`, `n` of them at most (OCI distribution-spec, "Listing Tags"). */
function pageAfter(
  { request, pageSize }: Pick<RepositoryRequest, 'request' | 'pageSize'>,
  names: readonly string[],
): { readonly items: readonly string[]; readonly link: Readonly<Record<string, string>> } {
  const { searchParams } = request.url
  const last = searchParams.get('last') ?? ''
  const left = names.filter((name) => name > last)
  const wanted = Number(searchParams.get('n') ?? Number.POSITIVE_INFINITY)
  const items = left.slice(0, Math.min(pageSize, wanted))
  if (items.length === left.length || items.length === 0) return { items, link: {} }
  const next = new URL(request.url)
  next.searchParams.set('last', items.at(-1) ?? '')
  return { items, link: { link: `<${next.pathname}${next.search}>; rel="next"` } }
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

import type { HttpRequest, HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'
import { answerBlob, answerUpload } from './blobs.ts'
import { answerManifest } from './manifests.ts'
import { answerCatalog, answerReferrers, answerTags } from './lists.ts'
import type { DistributionContext, RepositoryRequest } from './stored.ts'

const route =
  /^\/v2\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)\/(manifests|blobs\/uploads|blobs|tags|referrers)\/(.*)$/

/** Answers one request of the distribution API (OCI distribution-spec 1.1, "Endpoints"). */
export async function answerV2(request: HttpRequest, context: DistributionContext): Promise<HttpResponse> {
  const { pathname } = request.url
  if (pathname === '/v2/' || pathname === '/v2')
    return answer(200, { 'docker-distribution-api-version': 'registry/2.0' }, '{}')
  if (pathname === '/v2/_catalog') return answerCatalog(request, context)
  const [, name, kind, rest] = route.exec(pathname) ?? []
  if (name === undefined || kind === undefined || rest === undefined)
    return answer(404, {}, '404 page not found')
  return await answerKind(kind, { ...context, request, name, rest: decodeURIComponent(rest) })
}

async function answerKind(kind: string, asked: RepositoryRequest): Promise<HttpResponse> {
  switch (kind) {
    case 'manifests':
      return await answerManifest(asked)
    case 'blobs':
      return answerBlob(asked)
    case 'blobs/uploads':
      return await answerUpload(asked)
    case 'tags':
      return answerTags(asked)
    case 'referrers':
      return asked.referrersApi ? answerReferrers(asked) : answer(404, {}, '404 page not found')
    default:
      return apiError(404, 'UNSUPPORTED')
  }
}

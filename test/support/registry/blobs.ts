import { randomUUID } from 'node:crypto'
import { digestOf, isDigest, type HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'
import { bodyOf } from './body-of.ts'
import { repositoryOf, type RepositoryRequest } from './stored.ts'

/** Blobs: GET with ranges, HEAD, DELETE. */
export function answerBlob({ repositories, request, name, rest }: RepositoryRequest): HttpResponse {
  const { blobs } = repositoryOf(repositories, name)
  const bytes = blobs.get(rest)
  if (bytes === undefined) return apiError(404, 'BLOB_UNKNOWN')
  if (request.method === 'DELETE') {
    blobs.delete(rest)
    return answer(202)
  }
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': rest }
  if (request.method === 'HEAD')
    return answer(200, { ...headers, 'content-length': String(bytes.byteLength) })
  if (request.method !== 'GET') return apiError(405, 'UNSUPPORTED')
  const from = /^bytes=([0-9]+)-$/.exec(request.headers['range'] ?? '')?.[1]
  if (from === undefined) return answer(200, headers, bytes)
  const start = Number(from)
  if (start >= bytes.byteLength) return answer(416)
  const range = `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`
  return answer(206, { ...headers, 'content-range': range }, bytes.subarray(start))
}

/** Uploads: POST (also single and mount), PATCH, PUT, GET of the state, DELETE. */
export async function answerUpload(asked: RepositoryRequest): Promise<HttpResponse> {
  const { request, rest } = asked
  if (request.method === 'POST' && rest === '') return await startUpload(asked)
  const { uploads } = repositoryOf(asked.repositories, asked.name)
  const bytes = uploads.get(rest)
  if (bytes === undefined) return apiError(404, 'BLOB_UPLOAD_UNKNOWN')
  switch (request.method) {
    case 'PATCH':
      return await appendChunk(asked, bytes)
    case 'PUT':
      if (isOutOfOrder(request, bytes)) return answer(416, stateOf(asked, bytes.byteLength))
      return finishUpload(asked, Buffer.concat([bytes, await bodyOf(request)]))
    case 'GET':
      return answer(204, stateOf(asked, bytes.byteLength))
    case 'DELETE':
      uploads.delete(rest)
      return answer(204)
    default:
      return apiError(405, 'UNSUPPORTED')
  }
}

async function startUpload(asked: RepositoryRequest): Promise<HttpResponse> {
  const { request, repositories, name } = asked
  const { searchParams } = request.url
  const [mount, from] = [searchParams.get('mount'), searchParams.get('from')]
  const { blobs, uploads } = repositoryOf(repositories, name)
  const mounted = mount === null || from === null ? undefined : repositories.get(from)?.blobs.get(mount)
  if (mount !== null && mounted !== undefined) {
    blobs.set(mount, mounted)
    return answer(201, { location: `/v2/${name}/blobs/${mount}`, 'docker-content-digest': mount })
  }
  if (searchParams.get('digest') !== null) return finishUpload({ ...asked, rest: '' }, await bodyOf(request))
  const id = randomUUID()
  uploads.set(id, new Uint8Array())
  return answer(202, stateOf({ ...asked, rest: id }, 0))
}

async function appendChunk(asked: RepositoryRequest, before: Uint8Array): Promise<HttpResponse> {
  if (isOutOfOrder(asked.request, before)) return answer(416, stateOf(asked, before.byteLength))
  const bytes = Buffer.concat([before, await bodyOf(asked.request)])
  repositoryOf(asked.repositories, asked.name).uploads.set(asked.rest, bytes)
  return answer(202, stateOf(asked, bytes.byteLength))
}

function isOutOfOrder({ headers }: RepositoryRequest['request'], before: Uint8Array): boolean {
  const range = headers['content-range']
  const start = /^([0-9]+)-[0-9]+$/.exec(range ?? '')?.[1]
  return range !== undefined && Number(start) !== before.byteLength
}

function finishUpload(
  { request, repositories, name, rest }: RepositoryRequest,
  bytes: Uint8Array,
): HttpResponse {
  const { blobs, uploads } = repositoryOf(repositories, name)
  const digest = request.url.searchParams.get('digest') ?? ''
  if (!isDigest(digest) || digestOf(bytes, digest.startsWith('sha512') ? 'sha512' : 'sha256') !== digest) {
    return apiError(400, 'DIGEST_INVALID')
  }
  uploads.delete(rest)
  blobs.set(digest, bytes)
  return answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
}

function stateOf({ name, rest }: RepositoryRequest, length: number): Readonly<Record<string, string>> {
  return {
    location: `/v2/${name}/blobs/uploads/${rest}`,
    range: `0-${Math.max(length - 1, 0)}`,
    'docker-upload-uuid': rest,
  }
}

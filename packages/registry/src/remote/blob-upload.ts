import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { discard, type HttpResponse } from '../transport/transport.ts'
import { readAll, verifiedStream } from '../verified-stream.ts'
import { answerError, expectStatus } from './answer-error.ts'
import { ownUrl, send, urlOf, type Endpoint } from './endpoint.ts'

/** Blobs up to this size are held in memory, so that their upload can be repeated. */
const maxBuffered = 4 * 1024 * 1024

/** Whether a blob is there (OCI distribution-spec, "Checking if content exists"). */
export async function hasBlob(endpoint: Endpoint, descriptor: Descriptor, call?: Call): Promise<boolean> {
  const response = await send(
    endpoint,
    { method: 'HEAD', url: urlOf(endpoint, `blobs/${descriptor.digest}`) },
    call,
  )
  await discard(response)
  await expectStatus(response, [200, 404], { doing: 'looking for a blob', on: descriptor.digest })
  return response.status === 200
}

/**
 * Uploads a blob: POST, then one PUT with its digest (OCI distribution-spec, "Pushing a blob monolithically").
 * The bytes are verified on their way; content that is wrong never completes an upload.
 * @throws RegistryError CONTENT_MISMATCH and the codes of reaching it
 */
export async function uploadBlob(
  endpoint: Endpoint,
  blob: { readonly descriptor: Descriptor; readonly content: AsyncIterable<Uint8Array> },
  call?: Call,
): Promise<void> {
  const { descriptor } = blob
  const verified = verifiedStream(descriptor, blob.content)
  const isSmall = descriptor.size <= maxBuffered
  // Read first: what fails here has not touched the registry.
  const body = isSmall ? await readAll(verified, { limit: maxBuffered, on: descriptor.digest }) : verified
  const session = await startUpload(endpoint, descriptor.digest, call)
  await putBlob(endpoint, { descriptor, body, session }, call)
}

/**
 * Lets the registry take a blob from another of its repositories, without moving bytes.
 * Returns whether it did (OCI distribution-spec, "Mounting a blob from another repository").
 */
export async function mountBlob(
  endpoint: Endpoint,
  blob: { readonly digest: Digest; readonly from: string },
  call?: Call,
): Promise<boolean> {
  const url = urlOf(endpoint, 'blobs/uploads/')
  url.searchParams.set('mount', blob.digest)
  url.searchParams.set('from', blob.from)
  const response = await send(endpoint, { method: 'POST', url, headers: { 'content-length': '0' } }, call)
  // Without access to the source, registries answer in many ways; whatever is not 201 is "no", and the upload decides.
  await discard(response)
  if (response.status === 202) await cancelUpload(endpoint, { started: response, url }, call)
  return response.status === 201
}

async function startUpload(endpoint: Endpoint, digest: Digest, call?: Call): Promise<URL> {
  const url = urlOf(endpoint, 'blobs/uploads/')
  const response = await send(endpoint, { method: 'POST', url, headers: { 'content-length': '0' } }, call)
  await expectStatus(response, [202], { doing: 'starting an upload', on: digest })
  await discard(response)
  const location = response.headers['location']
  if (location === undefined) {
    throw new RegistryError('PROTOCOL_ERROR', 'the registry did not say where to upload to', { on: digest })
  }
  return ownUrl(endpoint, location, url)
}

interface Upload {
  readonly descriptor: Descriptor
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
  readonly session: URL
}

async function putBlob(
  endpoint: Endpoint,
  { descriptor, body, session }: Upload,
  call?: Call,
): Promise<void> {
  const url = new URL(session)
  url.searchParams.set('digest', descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) }
  const response = await send(endpoint, { method: 'PUT', url, headers, body }, call)
  if (response.status !== 201 && response.status !== 204) {
    throw await answerError(response, { doing: 'uploading a blob', on: descriptor.digest })
  }
  await discard(response)
}

async function cancelUpload(
  endpoint: Endpoint,
  { started, url }: { readonly started: HttpResponse; readonly url: URL },
  call?: Call,
): Promise<void> {
  const location = started.headers['location']
  if (location === undefined) return
  await discard(await send(endpoint, { method: 'DELETE', url: ownUrl(endpoint, location, url) }, call))
}

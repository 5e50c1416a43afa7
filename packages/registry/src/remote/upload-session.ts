import type { Call } from '../content.ts'
import type { Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { discard, type HttpResponse } from '../transport/transport.ts'
import { answerError, expectStatus } from './answer-error.ts'
import { ownUrl, send, urlOf, type Endpoint } from './endpoint.ts'

/** An upload that the registry is ready for. */
export interface StartedUpload {
  /** Where bytes go to. */
  readonly session: URL
  /** How many bytes each part has to have, but for the last one; 0 where the registry does not care. */
  readonly leastPart: number
}

/** Starts an upload (OCI distribution-spec, "Pushing a blob in chunks": `OCI-Chunk-Min-Length`). */
export async function startUpload(endpoint: Endpoint, digest: Digest, call?: Call): Promise<StartedUpload> {
  const url = urlOf(endpoint, 'blobs/uploads/')
  const response = await send(endpoint, { method: 'POST', url, headers: { 'content-length': '0' } }, call)
  await expectStatus(response, [202], { doing: 'starting an upload', on: digest })
  await discard(response)
  const least = /^[0-9]{1,15}$/.exec(response.headers['oci-chunk-min-length'] ?? '')?.[0] ?? '0'
  return { session: nextUrl(endpoint, response, { url, on: digest }), leastPart: Number(least) }
}

/** A part of a blob on its way: where it begins, and the bytes. */
export interface Part {
  readonly session: URL
  readonly digest: Digest
  readonly from: number
  readonly length: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Appends a part (OCI distribution-spec, "Pushing a blob in chunks"). */
export async function sendPart(endpoint: Endpoint, part: Part, call?: Call): Promise<URL> {
  const { session, digest, from, length, body } = part
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(length),
    'content-range': `${from}-${from + length - 1}`,
  }
  const response = await send(endpoint, { method: 'PATCH', url: session, headers, body }, call)
  // 204 and 201 are answers of registries from before the specification.
  await expectStatus(response, [202, 204, 201], { doing: 'uploading a part of a blob', on: digest })
  await discard(response)
  return nextUrl(endpoint, response, { url: session, on: digest })
}

/** Completes an upload with the rest of the blob, or with nothing more. */
export async function completeUpload(
  endpoint: Endpoint,
  rest: {
    readonly session: URL
    readonly digest: Digest
    readonly length: number
    readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  },
  call?: Call,
): Promise<void> {
  const { session, digest, length, body } = rest
  const url = new URL(session)
  url.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(length) }
  const request = { method: 'PUT', url, headers, ...(body !== undefined && { body }) }
  const response = await send(endpoint, request, call)
  if (response.status !== 201 && response.status !== 204)
    throw await answerError(response, { doing: 'uploading a blob', on: digest })
  await discard(response)
}

/**
 * What the registry has of an upload that was cut: the address to go on at, and how many bytes it has. Undefined where
 * it has forgotten the upload or does not say (OCI distribution-spec, "Pushing a blob in chunks").
 */
export async function uploadState(
  endpoint: Endpoint,
  { session, digest }: { readonly session: URL; readonly digest: Digest },
  call?: Call,
): Promise<{ readonly session: URL; readonly received: number } | undefined> {
  const response = await send(endpoint, { method: 'GET', url: session }, call)
  await discard(response)
  if (response.status !== 204 && response.status !== 200) return undefined
  const last = /^(?:bytes=)?0-([0-9]{1,15})$/.exec(response.headers['range'] ?? '')?.[1]
  if (last === undefined) return undefined
  const received = last === '0' ? 0 : Number(last) + 1
  return { session: nextUrl(endpoint, response, { url: session, on: digest }), received }
}

/** Gives an upload up, so that the registry need not keep it. */
export async function cancelUpload(
  endpoint: Endpoint,
  { started, url }: { readonly started: HttpResponse; readonly url: URL },
  call?: Call,
): Promise<void> {
  const location = started.headers['location']
  if (location === undefined) return
  await discard(await send(endpoint, { method: 'DELETE', url: ownUrl(endpoint, location, url) }, call))
}

function nextUrl(
  endpoint: Endpoint,
  response: HttpResponse,
  { url, on }: { readonly url: URL; readonly on: Digest },
): URL {
  const location = response.headers['location']
  if (location !== undefined) return ownUrl(endpoint, location, url)
  throw new RegistryError('PROTOCOL_ERROR', 'the registry did not say where to upload to', { on })
}

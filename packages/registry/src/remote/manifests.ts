import { setTimeout as sleep } from 'node:timers/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestAlgorithm, digestOf, isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { acceptedManifests, isIndexType, isManifestType } from '../media-types.ts'
import { manifestMediaType, parseManifest } from '../parse-manifest.ts'
import { isTag } from '../reference.ts'
import { discard, type HttpResponse } from '../transport/transport.ts'
import { expectStatus } from './answer-error.ts'
import { deleteByLibrary, getManifestBytes } from './client.ts'
import { send, urlOf, type Endpoint } from './endpoint.ts'

export interface FetchedManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/**
 * A manifest by tag or digest. Its digest is that of the bytes that came, whatever the headers say; asked for by
 * digest, they must have it. The header's media type and the document's own must agree (attack B-01).
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT, LIMIT_EXCEEDED and the codes of reaching it
 */
export async function getManifest(
  endpoint: Endpoint,
  reference: string,
  call?: Call,
): Promise<FetchedManifest> {
  checkName(reference)
  const on = `${endpoint.host}/${endpoint.repository}${isDigest(reference) ? '@' : ':'}${reference}`
  const { bytes, contentType } = await getManifestBytes(
    endpoint,
    { doing: 'fetching a manifest', on, reference },
    call,
  )
  const digest = digestOf(bytes, isDigest(reference) ? digestAlgorithm(reference) : 'sha256')
  if (isDigest(reference) && digest !== reference) {
    throw new RegistryError('CONTENT_MISMATCH', 'the registry sent another manifest than the one asked for', {
      on,
      expected: reference,
      got: digest,
    })
  }
  const mediaType = typeOf(bytes, contentType, on)
  const descriptor = { mediaType, digest, size: bytes.byteLength }
  // Read at once: what is no manifest is not resolved either.
  parseManifest(descriptor, bytes)
  return { descriptor, bytes }
}

/** Whether a manifest is there, without fetching it. */
export async function hasManifest(endpoint: Endpoint, digest: Digest, call?: Call): Promise<boolean> {
  const request = {
    method: 'HEAD',
    url: urlOf(endpoint, `manifests/${digest}`),
    headers: { accept: acceptedManifests.join(', ') },
  }
  const response = await send(endpoint, request, call)
  await discard(response)
  const answer = await expectStatus(response, [200, 404], { doing: 'looking for a manifest', on: digest })
  return answer.status === 200
}

const maxDenials = 5

/**
 * Asks again where a registry denies that bytes have the digest that they were hashed to here: distribution 2.8 does so
 * while another writer uploads the same blob, because it reads a link file that is being rewritten.
 */
async function untilDigestHolds(
  call: Call | undefined,
  store: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  for (let denial = 1; ; denial += 1) {
    try {
      return await store()
    } catch (error) {
      const isDenied = isBadRequest(error) && error.got?.includes(': DIGEST_INVALID') === true
      if (!isDenied || denial === maxDenials) throw error
      checkAborted(call)
      await sleep(50 * 2 ** denial * (0.5 + Math.random()))
    }
  }
}

/** What the registry said about a manifest that it took. */
export interface PutAnswer {
  /** The subject that the registry has filed it under, if it offers the referrers API. */
  readonly filedUnder: string | undefined
}

/**
 * Stores a manifest under its digest or a tag.
 * @throws RegistryError PROTOCOL_ERROR if the registry reports another digest for these bytes
 */
export async function putManifest(
  endpoint: Endpoint,
  manifest: FetchedManifest & { readonly name: string },
  call?: Call,
): Promise<PutAnswer> {
  checkName(manifest.name)
  const { descriptor, bytes, name } = manifest
  const request = {
    method: 'PUT',
    url: urlOf(endpoint, `manifests/${name}`),
    headers: { 'content-type': descriptor.mediaType },
    body: bytes,
  }
  const response = await untilDigestHolds(call, async () =>
    expectStatus(await send(endpoint, request, call), [200, 201, 202], {
      doing: 'storing a manifest',
      on: descriptor.digest,
    }),
  )
  await discard(response)
  const stated = response.headers['docker-content-digest'] ?? descriptor.digest
  if (
    isDigest(stated) &&
    digestAlgorithm(stated) === digestAlgorithm(descriptor.digest) &&
    stated !== descriptor.digest
  ) {
    throw new RegistryError('PROTOCOL_ERROR', 'the registry took the manifest for another one', {
      on: descriptor.digest,
      expected: descriptor.digest,
      got: stated,
    })
  }
  return { filedUnder: response.headers['oci-subject'] }
}

/**
 * Deletes what a digest stands for, or a tag. What is not there is deleted already.
 * @throws RegistryError UNSUPPORTED where the registry does not delete, or no tags
 */
export async function deleteManifest(endpoint: Endpoint, reference: string, call?: Call): Promise<void> {
  checkName(reference)
  try {
    await deleteByLibrary(endpoint, { doing: 'deleting a manifest', on: reference, reference }, call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return
    throw !isDigest(reference) && isBadRequest(error) ? noTagDeletion(reference, error) : error
  }
}

/** Distribution 2.8 looks for a digest where a tag stands, and says that it is none. */
function isBadRequest(error: unknown): error is RegistryError {
  return (
    error instanceof RegistryError &&
    error.code === 'PROTOCOL_ERROR' &&
    error.got?.startsWith('status 400') === true
  )
}

function noTagDeletion(tag: string, cause: unknown): RegistryError {
  return new RegistryError('UNSUPPORTED', 'the registry deletes by digest only', { on: tag, cause })
}

function checkName(reference: string): void {
  if (isDigest(reference) || isTag(reference)) return
  throw new RegistryError('INVALID_REFERENCE', 'this is neither a tag nor a digest', {
    on: reference.slice(0, 200),
  })
}

function typeOf(bytes: Uint8Array, contentType: string, on: string): string {
  const own = manifestMediaType(bytes, on)
  const stated = contentType.split(';', 1)[0]?.trim() ?? ''
  // Registries that keep manifests as plain files say application/json or nothing: the document speaks for itself.
  if (!isManifestType(stated) && !isIndexType(stated)) return own
  if (stated === own) return own
  throw new RegistryError(
    'MALFORMED_CONTENT',
    'the registry and the manifest disagree about its media type',
    {
      on,
      expected: own,
      got: stated,
    },
  )
}

import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { fieldsOf, optionalArray } from '../json/json-fields.ts'
import { parseDescriptor } from '../json/parse-descriptor.ts'
import { parseStrictJson } from '../json/strict-json.ts'
import { isIndexType, isManifestType, mediaTypes } from '../media-types.ts'
import { maxIndexEntries, parseManifest } from '../parse-manifest.ts'
import { referrersTag } from '../referrer.ts'
import { discard } from '../transport/transport.ts'
import { expectStatus } from './answer-error.ts'
import { urlOf, type Endpoint } from './endpoint.ts'
import { getManifest, type FetchedManifest } from './manifests.ts'
import { pages } from './pages.ts'

/** Answers by which a registry says that it has no referrers API; all others are answers about the referrers. */
const notOffered: readonly number[] = [400, 404, 405, 406, 415, 501]

/**
 * The referrers of a subject: those that the API lists, and those under the fallback tag, which stay behind when a
 * registry learns the API later. Each once. An error of either is an error, never an empty list.
 * @throws RegistryError LIMIT_EXCEEDED, MALFORMED_CONTENT and the codes of reaching it
 */
export async function listReferrers(
  endpoint: Endpoint,
  subject: Digest,
  call?: Call,
): Promise<readonly Descriptor[]> {
  const [fromApi, fallback] = await Promise.all([
    referrersFromApi(endpoint, subject, call),
    fallbackIndex(endpoint, subject, call),
  ])
  const found = new Map<Digest, Descriptor>()
  for (const each of [...(fromApi ?? []), ...(fallback?.entries ?? [])]) {
    if (!found.has(each.digest) && isManifest(each)) found.set(each.digest, each)
  }
  return [...found.values()]
}

/** What the API lists, or undefined if the registry does not offer it (OCI distribution-spec, "Listing Referrers"). */
export async function referrersFromApi(
  endpoint: Endpoint,
  subject: Digest,
  call?: Call,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = []
  let isFirst = true
  for await (const page of pages(
    endpoint,
    { url: urlOf(endpoint, `referrers/${subject}`), accept: mediaTypes.ociIndex },
    call,
  )) {
    const isIndex = /^application\/vnd\.oci\.image\.index\.v1\+json\s*(?:;|$)/i.test(
      page.response.headers['content-type'] ?? '',
    )
    if (
      isFirst &&
      (notOffered.includes(page.response.status) || (page.response.status === 200 && !isIndex))
    ) {
      await discard(page.response)
      return undefined
    }
    isFirst = false
    await expectStatus(page.response, [200], { doing: 'listing referrers', on: subject })
    found.push(...entriesOf(await page.bytes(), subject))
    if (found.length > maxIndexEntries) {
      throw new RegistryError('LIMIT_EXCEEDED', `there are more than ${maxIndexEntries} referrers`, {
        on: subject,
      })
    }
  }
  return found
}

export interface FallbackIndex extends FetchedManifest {
  readonly entries: readonly Descriptor[]
}

/**
 * The index under the fallback tag, or undefined if there is none (OCI distribution-spec, "Referrers Tag Schema").
 * What is no index there (cosign's copies of images have such tags) lists nothing.
 */
export async function fallbackIndex(
  endpoint: Endpoint,
  subject: Digest,
  call?: Call,
): Promise<FallbackIndex | undefined> {
  try {
    const fetched = await getManifest(endpoint, referrersTag(subject), call)
    const index = parseManifest(fetched.descriptor, fetched.bytes)
    return index.kind === 'index' ? { ...fetched, entries: index.manifests } : undefined
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function entriesOf(bytes: Uint8Array, on: string): readonly Descriptor[] {
  const fields = fieldsOf(parseStrictJson(bytes, { on }), {
    path: 'the list of referrers',
    on,
    known: ['schemaVersion', 'mediaType', 'manifests', 'annotations'],
  })
  return optionalArray(fields, 'manifests', maxIndexEntries).map((value, at) =>
    parseDescriptor(value, { path: `manifests[${at}]`, on }),
  )
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

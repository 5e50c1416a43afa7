import type { Call, ContentSource } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { fetchManifest, manifestMediaType, maxIndexEntries, parseManifest } from '../parse-manifest.ts'
import { referrerDescriptor, referrersTag } from '../referrer.ts'
import { readAll } from '../verified-stream.ts'
import { blobSize, listBlobs, readBlob } from './layout-blobs.ts'
import { isCosignSave, namedEntry } from './layout-images.ts'

interface Layout {
  readonly root: string
  readonly source: ContentSource
  readonly entries: readonly Descriptor[]
}

/**
 * The referrers of a subject in a layout, each once: manifests listed in index.json (as oras does), those in the
 * index that has the fallback tag (as regctl does) and, in a `cosign save` directory, manifests that cosign wrote
 * and did not list. Each is read: what counts is its own `subject`.
 */
export async function* layoutReferrers(
  layout: Layout,
  subject: Digest,
  call?: Call,
): AsyncGenerator<Descriptor, void, undefined> {
  const seen = new Set<Digest>()
  for await (const candidate of candidates(layout, subject, call)) {
    if (seen.has(candidate.digest)) continue
    seen.add(candidate.digest)
    const manifest = await fetchManifest(layout.source, candidate, call)
    if (manifest.subject?.digest === subject) yield referrerDescriptor(manifest)
  }
}

async function* candidates(
  layout: Layout,
  subject: Digest,
  call?: Call,
): AsyncGenerator<Descriptor, void, undefined> {
  yield* layout.entries.filter(isManifest)
  const fallback = namedEntry(layout.entries, referrersTag(subject))
  if (fallback !== undefined) {
    const index = await fetchManifest(layout.source, fallback, call)
    if (index.kind === 'index') yield* index.manifests.filter(isManifest)
  }
  if (isCosignSave(layout.entries)) yield* unlisted(layout.root, call)
}

// cosign v3 writes bundles into the layout and then rewrites index.json without them.
async function* unlisted(root: string, call?: Call): AsyncGenerator<Descriptor, void, undefined> {
  for (const digest of await listBlobs(root, maxIndexEntries)) {
    const size = (await blobSize(root, digest)) ?? 0
    if (size === 0 || size > maxManifestSize) continue
    const blob = { mediaType: 'application/octet-stream', digest, size }
    const bytes = await readAll(readBlob(root, blob, call), { limit: maxManifestSize, on: digest })
    const mediaType = typeOfManifest(bytes, digest)
    if (mediaType !== undefined) yield { mediaType, digest, size }
  }
}

// Most blobs are not manifests: only those that parse as one are candidates.
function typeOfManifest(bytes: Uint8Array, digest: Digest): string | undefined {
  if (bytes[0] !== 0x7b) return undefined
  try {
    const mediaType = manifestMediaType(bytes, digest)
    if (!isManifest({ mediaType })) return undefined
    parseManifest({ mediaType, digest, size: bytes.byteLength }, bytes)
    return mediaType
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'MALFORMED_CONTENT') return undefined
    throw error
  }
}

function isManifest({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

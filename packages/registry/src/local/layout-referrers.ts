import type { Call, ContentSource } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import type { AnyManifest } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { fetchManifest } from '../parse-manifest.ts'
import { referrerDescriptor, referrersTag } from '../referrer.ts'
import { taskPool } from '../task-pool.ts'
import { isCosignSave, namedEntry } from './layout-images.ts'
import { unlistedReferrers } from './unlisted-referrers.ts'

const readsAtOnce = 16

interface Layout {
  readonly root: string
  readonly source: ContentSource
  readonly entries: readonly Descriptor[]
}

/**
 * The referrers of a subject in a layout, each once: manifests listed in index.json (as oras does), those in the
 * index that has the fallback tag (as regctl does) and, in a `cosign save` directory, manifests that cosign wrote
 * and did not list. Each is read: what counts is its own `subject`. What is listed must be whole.
 */
export async function layoutReferrers(
  layout: Layout,
  subject: Digest,
  call?: Call,
): Promise<readonly Descriptor[]> {
  const listed = await readListed(layout, subject, call)
  const unlisted = isCosignSave(layout.entries)
    ? await unlistedReferrers(layout.root, { subject, known: new Set(listed.flatMap(mentioned)) }, call)
    : []
  return [...listed.filter((manifest) => manifest.subject?.digest === subject), ...unlisted].map(
    referrerDescriptor,
  )
}

async function readListed(layout: Layout, subject: Digest, call?: Call): Promise<readonly AnyManifest[]> {
  const candidates = new Map<Digest, Descriptor>()
  for (const each of [...layout.entries, ...(await fallbackEntries(layout, subject, call))]) {
    if (isManifest(each) && !candidates.has(each.digest)) candidates.set(each.digest, each)
  }
  const pool = taskPool(readsAtOnce)
  return await Promise.all(
    [...candidates.values()].map(
      async (each) => await pool.run(async () => await fetchManifest(layout.source, each, call)),
    ),
  )
}

async function fallbackEntries(layout: Layout, subject: Digest, call?: Call): Promise<readonly Descriptor[]> {
  const fallback = namedEntry(layout.entries, referrersTag(subject))
  if (fallback === undefined) return []
  const index = await fetchManifest(layout.source, fallback, call)
  return index.kind === 'index' ? index.manifests : []
}

/** What need not be looked at again: the manifest itself, and what it says is no manifest. */
function mentioned(manifest: AnyManifest): readonly Digest[] {
  const parts = manifest.kind === 'manifest' ? [manifest.config, ...manifest.layers] : []
  return [manifest.descriptor, ...parts.filter((part) => !isManifest(part))].map(({ digest }) => digest)
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

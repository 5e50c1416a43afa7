import type { Call, ContentSource } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import type { AnyManifest } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { fetchManifest } from '../parse-manifest.ts'
import { referrerDescriptor, referrersTag } from '../referrer.ts'
import { taskPool } from '../task-pool.ts'
import type { LayoutFiles } from './layout-files.ts'
import { isCosignSave, namedEntry } from './layout-images.ts'
import { unlistedReferrers } from './unlisted-referrers.ts'

const readsAtOnce = 16

/**
 * The referrers of a subject in a layout, each once: manifests listed in index.json (as oras does), those in the
 * index that has the fallback tag (as regctl does) and, in what `cosign save` wrote, manifests that cosign did not
 * list. Each is read: what counts is its own `subject`. What is listed must be whole.
 */
export async function layoutReferrers(
  files: LayoutFiles,
  { subject, source }: { readonly subject: Digest; readonly source: ContentSource },
  call?: Call,
): Promise<readonly Descriptor[]> {
  const entries = await files.entries()
  const candidates = [...entries, ...(await fallbackEntries(entries, { subject, source }, call))]
  const listed = await readListed(source, candidates, call)
  const unlisted = isCosignSave(entries)
    ? await unlistedReferrers(files, { subject, known: new Set(listed.flatMap(mentioned)) }, call)
    : []
  return [...listed.filter((manifest) => manifest.subject?.digest === subject), ...unlisted].map(
    referrerDescriptor,
  )
}

async function readListed(
  source: ContentSource,
  candidates: readonly Descriptor[],
  call?: Call,
): Promise<readonly AnyManifest[]> {
  const unique = new Map(candidates.filter(isManifest).map((each) => [each.digest, each]))
  const pool = taskPool(readsAtOnce)
  return await Promise.all(
    [...unique.values()].map(
      async (each) => await pool.run(async () => await fetchManifest(source, each, call)),
    ),
  )
}

async function fallbackEntries(
  entries: readonly Descriptor[],
  { subject, source }: { readonly subject: Digest; readonly source: ContentSource },
  call?: Call,
): Promise<readonly Descriptor[]> {
  const fallback = namedEntry(entries, referrersTag(subject))
  if (fallback === undefined) return []
  const index = await fetchManifest(source, fallback, call)
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

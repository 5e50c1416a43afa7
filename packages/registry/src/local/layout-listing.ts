import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { descriptorToJson } from '../json/descriptor-to-json.ts'
import { mediaTypes } from '../media-types.ts'
import { fetchManifest } from '../parse-manifest.ts'
import { referrersTag } from '../referrer.ts'
import { streamOf } from '../verified-stream.ts'
import { blobSize, readBlob, writeBlob } from './layout-blobs.ts'
import type { LayoutFiles } from './layout-files.ts'
import { namedEntry } from './layout-images.ts'
import { refName, updateLayoutIndex } from './layout-index.ts'

/**
 * Lists referrers in index.json, in one write.
 * @throws RegistryError WRITE_FAILED if one of them is not there: somebody removed it meanwhile
 */
export async function listReferrers(
  root: string,
  referrers: readonly Descriptor[],
  call?: Call,
): Promise<void> {
  await updateLayoutIndex(
    root,
    (entries) => {
      const listed = new Set(entries.map(({ digest }) => digest))
      const missing = referrers.filter(({ digest }) => !listed.has(digest))
      return missing.length === 0 ? entries : [...entries, ...missing]
    },
    call,
  )
  for (const { digest } of referrers) {
    if ((await blobSize(root, digest)) === undefined)
      throw new RegistryError('WRITE_FAILED', 'a referrer was removed while it was being listed', {
        on: digest,
      })
  }
}

const maxRounds = 40

/**
 * Takes referrers out of index.json, and out of the index that has the fallback tag where a writer uses one.
 * @throws RegistryError WRITE_FAILED if others keep changing that index
 */
export async function unlistReferrers(
  files: LayoutFiles,
  removal: { readonly root: string; readonly subject: Digest; readonly gone: ReadonlySet<Digest> },
  call?: Call,
): Promise<void> {
  const { root, subject, gone } = removal
  const tag = referrersTag(subject)
  for (let round = 0; round < maxRounds; round += 1) {
    const fallback = namedEntry(await files.entries(), tag)
    const shorter = fallback === undefined ? undefined : await shorterIndex(root, { fallback, gone }, call)
    let isStale = false
    await updateLayoutIndex(
      root,
      (entries) => {
        // Read before the lock was held: somebody may have written another one since.
        isStale = namedEntry(entries, tag)?.digest !== fallback?.digest
        return isStale ? entries : without(entries, { gone, tag, shorter })
      },
      call,
    )
    if (!isStale) return
  }
  throw new RegistryError('WRITE_FAILED', 'other writers keep changing the list of referrers', {
    on: subject,
  })
}

function without(
  entries: readonly Descriptor[],
  change: {
    readonly gone: ReadonlySet<Digest>
    readonly tag: string
    readonly shorter: Descriptor | undefined
  },
): readonly Descriptor[] {
  const { gone, tag, shorter } = change
  const kept = entries.filter(
    (entry) => !gone.has(entry.digest) && (shorter === undefined || entry.annotations?.[refName] !== tag),
  )
  if (shorter !== undefined) return [...kept, { ...shorter, annotations: { [refName]: tag } }]
  return kept.length === entries.length ? entries : kept
}

/** The index of a fallback tag without some of its entries, stored; undefined where it has none of them. */
async function shorterIndex(
  root: string,
  { fallback, gone }: { readonly fallback: Descriptor; readonly gone: ReadonlySet<Digest> },
  call?: Call,
): Promise<Descriptor | undefined> {
  const source = { open: (descriptor: Descriptor) => readBlob(root, descriptor, call) }
  const index = await fetchManifest(source, fallback, call)
  if (index.kind !== 'index' || !index.manifests.some(({ digest }) => gone.has(digest))) return undefined
  const manifests = index.manifests.filter(({ digest }) => !gone.has(digest)).map(descriptorToJson)
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
  const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
  await writeBlob(root, descriptor, streamOf(bytes))
  return descriptor
}

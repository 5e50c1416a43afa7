import {
  fetchManifest,
  isManifestType,
  mediaTypes,
  RegistryError,
  type Call,
  type ContentStore,
  type Descriptor,
  type Digest,
} from '@assay/registry'
import type { AttachedTree } from '../attach/attached-tree.ts'
import { sbomMediaTypes } from './sbom-types.ts'
import type { SelectedItem } from './select-attached.ts'

/** `unlisted`: it can be found no more, and the registry, which does not delete, keeps the bytes. */
export type RemovalOutcome = 'removed' | 'unlisted'

export interface RemovedItem extends SelectedItem {
  readonly outcome: RemovalOutcome
}

/**
 * Removes what was selected, in its order: out of the lists first, so that no list ever names what is not there. Other
 * writers may work on the same image; what they attach stays. The image itself is never removed.
 * @throws RegistryError UNSUPPORTED where the place does not remove, and the codes of reaching it
 */
export async function removeAttached(
  store: ContentStore,
  { tree, items }: { readonly tree: AttachedTree; readonly items: readonly SelectedItem[] },
  call: Call,
): Promise<readonly RemovedItem[]> {
  const kept = new Set(manifestsOf(tree))
  const part = items.find(({ item }) => item.by.kind === 'subject' && kept.has(item.manifest.digest))
  if (part !== undefined) throw partOfImage(part.item.manifest.digest)
  const removed: RemovedItem[] = []
  // Of one subject all at once: its list is one document.
  for (const [subject, own] of Map.groupBy(items, (selected) => selected.subject)) {
    const referrers = own.filter(({ item }) => item.by.kind === 'subject')
    if (referrers.length > 0) {
      const digests = referrers.map(({ item }) => item.manifest.digest)
      await store.unlist(subject, digests, call)
    }
    for (const selected of own) {
      const { by, manifest } = selected.item
      const outcome =
        by.kind === 'tag'
          ? await removeTag(store, { tag: by.tag, manifest, kept }, call)
          : await removeReferrer(store, { subject, digest: manifest.digest }, call)
      removed.push({ ...selected, outcome })
    }
  }
  return removed
}

async function removeReferrer(
  store: ContentStore,
  referrer: { readonly subject: Digest; readonly digest: Digest },
  call: Call,
): Promise<RemovalOutcome> {
  const { subject, digest } = referrer
  try {
    await store.remove(digest, call)
    return 'removed'
  } catch (error) {
    if (!isUnsupported(error)) throw error
    for await (const each of store.referrers(subject, call)) if (each.digest === digest) throw error
    return 'unlisted'
  }
}

/** By its name where the place can do that, else by its digest if nothing but a signature or the like is lost. */
async function removeTag(
  store: ContentStore,
  named: { readonly tag: string; readonly manifest: Descriptor; readonly kept: ReadonlySet<Digest> },
  call: Call,
): Promise<RemovalOutcome> {
  const { tag, manifest, kept } = named
  await checkUnchanged(store, { tag, manifest }, call)
  try {
    await store.untag(tag, call)
    return 'removed'
  } catch (error) {
    if (!isUnsupported(error)) throw error
    if (kept.has(manifest.digest)) throw partOfImage(manifest.digest)
    if (!(await isAttachmentOnly(store, manifest, call))) throw notOnlyAttachment(tag, error)
    await store.remove(manifest.digest, call)
    return 'removed'
  }
}

/** A tag is one for all that hangs on it: with what was looked at, what came later would go. */
async function checkUnchanged(
  store: ContentStore,
  { tag, manifest }: { readonly tag: string; readonly manifest: Descriptor },
  call: Call,
): Promise<void> {
  const { digest } = await store.resolve(tag, call).catch((error: unknown) => {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return manifest
    throw error
  })
  if (digest === manifest.digest) return
  throw new RegistryError(
    'WRITE_FAILED',
    'others have changed what hangs on this tag since it was looked at',
    {
      on: tag,
      expected: manifest.digest,
      got: digest,
      hint: 'assay tree shows what is there now',
    },
  )
}

const attachmentTypes: ReadonlySet<string> = new Set([
  mediaTypes.simpleSigning,
  mediaTypes.dsseEnvelope,
  ...sbomMediaTypes,
])

async function isAttachmentOnly(store: ContentStore, manifest: Descriptor, call: Call): Promise<boolean> {
  if (!isManifestType(manifest.mediaType)) return false
  const found = await fetchManifest(store, manifest, call)
  return (
    found.kind === 'manifest' &&
    found.layers.length > 0 &&
    found.layers.every(({ mediaType }) => attachmentTypes.has(mediaType))
  )
}

function manifestsOf(tree: AttachedTree): readonly Digest[] {
  return [tree.manifest.digest, ...tree.parts.flatMap(manifestsOf)]
}

function isUnsupported(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'UNSUPPORTED'
}

function partOfImage(digest: Digest): RegistryError {
  return new RegistryError(
    'UNSUPPORTED',
    'this is a part of the image, and only what is attached is removed',
    {
      on: digest,
    },
  )
}

function notOnlyAttachment(tag: string, cause: unknown): RegistryError {
  return new RegistryError(
    'UNSUPPORTED',
    'the registry cannot take a tag away, and what it names is more than signatures',
    { on: tag, hint: 'look at what the tag names before it is deleted by its digest', cause },
  )
}

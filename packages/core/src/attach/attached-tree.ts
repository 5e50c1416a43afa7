import {
  fetchManifest,
  isIndexType,
  isManifestType,
  referrerDescriptor,
  RegistryError,
  type AnyManifest,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
  type Platform,
} from '@assay/registry'
import { withContents } from './attached-content.ts'
import { tagsOf } from './attached-tags.ts'
import { claimOf, type Claim } from './claims.ts'
import { findAttachments, maxReferrers } from './find-attachments.ts'

/** A manifest of an image with what is attached to it, and the manifests in it. */
export interface AttachedTree {
  readonly manifest: Descriptor
  readonly platform?: Platform
  readonly attached: readonly AttachedItem[]
  readonly parts: readonly AttachedTree[]
}

/** Something attached. All that it says about itself is unverified. */
export interface AttachedItem {
  readonly manifest: Descriptor
  /** By which it hangs on the image: its own `subject`, or a tag of cosign. */
  readonly by: { readonly kind: 'subject' } | { readonly kind: 'tag'; readonly tag: string }
  /** Its artifact type; empty if it has none. */
  readonly type: string
  readonly claims: readonly Claim[]
  readonly attached: readonly AttachedItem[]
}

const maxDepth = 8
const maxItems = 5000

/**
 * Everything that is attached to an image and to its parts, recursively. Nothing is verified.
 * @throws RegistryError LIMIT_EXCEEDED and the codes of reaching the place: an unreadable list is never empty
 */
export async function attachedTree(
  source: ContentSource,
  root: Descriptor,
  call?: Call,
): Promise<AttachedTree> {
  const walk: Walk = { source, parts: new Set(), seen: new Set(), ...(call !== undefined && { call }) }
  await findParts(walk, root, 0)
  return await treeOf(walk, root, 0)
}

interface Walk {
  readonly source: ContentSource
  /** What the image consists of: attached to none of its other parts, even where it says so itself. */
  readonly parts: Set<Digest>
  readonly seen: Set<Digest>
  readonly call?: Call
}

async function findParts(walk: Walk, manifest: Descriptor, depth: number): Promise<void> {
  if (walk.parts.has(manifest.digest)) return
  if (depth > maxDepth || walk.parts.size > maxItems) throw tooMuch(manifest.digest)
  walk.parts.add(manifest.digest)
  for (const child of await partsIn(walk, manifest)) await findParts(walk, child, depth + 1)
}

async function partsIn({ source, call }: Walk, manifest: Descriptor): Promise<readonly Descriptor[]> {
  if (!isIndexType(manifest.mediaType)) return []
  const index = await fetchManifest(source, manifest, call)
  return index.kind === 'index'
    ? index.manifests.filter(({ mediaType }) => isIndexType(mediaType) || isManifestType(mediaType))
    : []
}

async function treeOf(walk: Walk, manifest: Descriptor, depth: number): Promise<AttachedTree> {
  checkSize(walk, manifest, depth)
  walk.seen.add(manifest.digest)
  const attached = await itemsOf(walk, manifest.digest, depth)
  const { platform } = manifest
  const parts: AttachedTree[] = []
  for (const child of await partsIn(walk, manifest))
    if (!walk.seen.has(child.digest)) parts.push(await treeOf(walk, child, depth + 1))
  return { manifest, ...(platform !== undefined && { platform }), attached, parts }
}

async function itemsOf(walk: Walk, subject: Digest, depth: number): Promise<readonly AttachedItem[]> {
  const { source, call } = walk
  const [referrers, tags, attachments] = await Promise.all([
    referrersOf(source, subject, call),
    tagsOf(source, subject, call),
    findAttachments(source, subject, call),
  ])
  const claimed = await withContents(attachments, async (each) => ({
    by: each.manifest.digest,
    claim: claimOf(each),
  }))
  const claims = (manifest: Descriptor): readonly Claim[] =>
    claimed.filter(({ by }) => by === manifest.digest).map(({ claim }) => claim)
  const items: AttachedItem[] = tags.map(({ tag, manifest }) => ({
    manifest,
    by: { kind: 'tag', tag },
    type: '',
    claims: claims(manifest),
    attached: [],
  }))
  for (const referrer of referrers) {
    const manifest = referrer.descriptor
    if (walk.seen.has(manifest.digest) || walk.parts.has(manifest.digest)) continue
    if (isWhole(walk, referrer)) continue
    checkSize(walk, manifest, depth)
    walk.seen.add(manifest.digest)
    items.push({
      manifest,
      by: { kind: 'subject' },
      type: referrerDescriptor(referrer).artifactType ?? '',
      claims: claims(manifest),
      attached: await itemsOf(walk, manifest.digest, depth + 1),
    })
  }
  return items
}

/** Of what an image is a part, that is not attached to it, whatever it says: to remove it would remove more than the image. */
function isWhole({ parts }: Walk, referrer: AnyManifest): boolean {
  return referrer.kind === 'index' && referrer.manifests.some(({ digest }) => parts.has(digest))
}

/** The manifests that say themselves that they are about the subject; what a list says is not enough (attack I-08). */
async function referrersOf(
  source: ContentSource,
  subject: Digest,
  call?: Call,
): Promise<readonly AnyManifest[]> {
  const found: AnyManifest[] = []
  for await (const { mediaType, digest, size } of source.referrers(subject, call)) {
    if (found.length === maxReferrers) throw tooMuch(subject)
    const manifest = await fetchManifest(source, { mediaType, digest, size }, call)
    if (manifest.subject?.digest === subject) found.push(manifest)
  }
  return found
}

function checkSize({ seen }: Walk, { digest }: Descriptor, depth: number): void {
  if (depth > maxDepth || seen.size > maxItems) throw tooMuch(digest)
}

function tooMuch(on: Digest): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'too much is attached to the image, or too deep', { on })
}

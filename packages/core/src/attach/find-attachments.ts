import {
  attachmentTag,
  fetchManifest,
  isManifestType,
  mediaTypes,
  RegistryError,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
  type Manifest,
} from '@assay/registry'
import { maxBundleSize } from '../bundle/parse-bundle.ts'
import { attachedContent, brokenContent, unusable, type AttachedContent } from './attached-content.ts'
import { maxTagLength } from './attached-tags.ts'
import type { AttachmentKind, FoundAttachment, UnusableAttachment } from './attachment.ts'

/** How many referrers are looked at; more is refused, never cut: the one that matters could be the last. */
export const maxReferrers = 1000
const atOnce = 8
/** How many bytes may be attached to one image, each content counted once: four of the largest size. */
const maxAttachedBytes = 4 * maxBundleSize
/** How many bytes are read ahead and kept; what does not fit is read when its turn comes. */
const maxAhead = 16 * 1024 * 1024

/**
 * Finds what is attached to an image: Sigstore bundles among its referrers, and cosign's legacy tags. Referrers
 * are judged by their layer: registries and old writers mislabel the rest. "None" is an empty list; a place that
 * cannot be read throws, since nobody could tell what was not seen. Small contents are here when it returns. With
 * `tagPrefix` the legacy tags are those that begin with it, and no others.
 * @throws RegistryError LIMIT_EXCEEDED and the codes of reaching the place
 */
export async function findAttachments(
  source: ContentSource,
  subject: Digest,
  call?: Call & { readonly tagPrefix?: string | undefined },
): Promise<readonly FoundAttachment[]> {
  const tagPrefix = call?.tagPrefix ?? ''
  const reading: Reading = {
    source,
    subject,
    tagPrefix,
    contents: new Map(),
    total: 0,
    ...(call && { call }),
  }
  const found = await Promise.all([
    fromReferrers(reading),
    fromTag(reading, { suffix: 'sig', kind: 'legacy-signature' }),
    fromTag(reading, { suffix: 'att', kind: 'legacy-attestation' }),
  ])
  await readAhead(reading)
  return found.flat()
}

/** One search: the contents that were named, and how much that is. */
interface Reading {
  readonly source: ContentSource
  readonly subject: Digest
  /** What stands before cosign's own tags. */
  readonly tagPrefix: string
  readonly call?: Call
  readonly contents: Map<Digest, { readonly size: number; readonly content: AttachedContent }>
  total: number
}

/** The smallest first: as many answers as possible come at once. */
async function readAhead({ contents }: Reading): Promise<void> {
  let left = maxAhead
  const small = [...contents.values()]
    .toSorted((a, b) => a.size - b.size)
    .filter(({ size }) => (left -= size) >= 0)
  await inBatches(small, ({ content }) => content.readAhead())
}

async function fromReferrers(reading: Reading): Promise<readonly FoundAttachment[]> {
  const { source, subject, call } = reading
  const descriptors: Descriptor[] = []
  for await (const descriptor of source.referrers(subject, call)) {
    if (descriptors.length === maxReferrers) throw tooMany(subject)
    if (isManifestType(descriptor.mediaType)) descriptors.push(descriptor)
  }
  return (await inBatches(descriptors, (descriptor) => fromReferrer(reading, descriptor))).flat()
}

async function fromReferrer(reading: Reading, descriptor: Descriptor): Promise<readonly FoundAttachment[]> {
  const manifest = await readManifest(reading, descriptor)
  if (!('kind' in manifest)) return [manifest.unusable]
  const layers = manifest.layers.filter(({ mediaType }) => isBundleType(mediaType))
  const [layer] = layers
  if (layer === undefined) return []
  if (layers.length > 1)
    return [unusable(descriptor, { message: 'the referrer holds several bundles', got: `${layers.length}` })]
  return [attachmentOf(reading, { manifest: descriptor, layer, kind: 'bundle' })]
}

function isBundleType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.dev.sigstore.bundle')
}

interface LegacyTag {
  readonly suffix: 'sig' | 'att'
  readonly kind: 'legacy-signature' | 'legacy-attestation'
}

const legacyTypes = {
  'legacy-signature': mediaTypes.simpleSigning,
  'legacy-attestation': mediaTypes.dsseEnvelope,
}

async function fromTag(reading: Reading, tag: LegacyTag): Promise<readonly FoundAttachment[]> {
  const { source, subject, tagPrefix, call } = reading
  const name = `${tagPrefix}${attachmentTag(subject, tag.suffix)}`
  // That of a sha512 digest is longer than any tag may be: nothing can be there.
  const descriptor = name.length > maxTagLength ? undefined : await resolveTag(source, name, call)
  if (descriptor === undefined) return []
  const manifest = isManifestType(descriptor.mediaType)
    ? await readManifest(reading, descriptor)
    : {
        unusable: unusable(descriptor, {
          message: 'the tag does not name a manifest',
          got: descriptor.mediaType,
        }),
      }
  if (!('kind' in manifest)) return [manifest.unusable]
  const layers = manifest.layers.filter(({ mediaType }) => mediaType === legacyTypes[tag.kind])
  if (layers.length > maxReferrers) throw tooMany(subject)
  return layers.map((layer) => attachmentOf(reading, { manifest: descriptor, layer, kind: tag.kind }))
}

async function resolveTag(source: ContentSource, tag: string, call?: Call): Promise<Descriptor | undefined> {
  try {
    return await source.resolve(tag, call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Bytes that arrived and do not hold make one attachment unusable; everything else is "could not tell". */
async function readManifest(
  { source, call }: Reading,
  descriptor: Descriptor,
): Promise<Manifest | { readonly unusable: UnusableAttachment }> {
  try {
    const manifest = await fetchManifest(source, descriptor, call)
    if (manifest.kind === 'manifest') return manifest
    return { unusable: unusable(descriptor, { message: 'an index stands where a manifest should' }) }
  } catch (error) {
    return { unusable: unusable(descriptor, brokenContent(error)) }
  }
}

function attachmentOf(
  reading: Reading,
  place: {
    readonly manifest: Descriptor
    readonly layer: Descriptor
    readonly kind: AttachmentKind
  },
): FoundAttachment {
  const { manifest, layer } = place
  if (layer.size > maxBundleSize)
    return unusable(
      manifest,
      { message: 'it is too large', expected: `at most ${maxBundleSize} bytes`, got: `${layer.size}` },
      layer,
    )
  return { ...place, content: contentOf(reading, layer) }
}

/** One for each digest, however often it is named. */
function contentOf(reading: Reading, layer: Descriptor): AttachedContent {
  const { source, contents, subject, call } = reading
  const known = contents.get(layer.digest)
  if (known !== undefined) return known.content
  reading.total += layer.size
  if (reading.total > maxAttachedBytes)
    throw new RegistryError('LIMIT_EXCEEDED', 'too many bytes are attached to the image', {
      on: subject,
      expected: `at most ${maxAttachedBytes} bytes in all`,
    })
  const content = attachedContent(source, layer, call)
  contents.set(layer.digest, { size: layer.size, content })
  return content
}

function tooMany(subject: Digest): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'too much is attached to the image', {
    on: subject,
    expected: `at most ${maxReferrers} attachments`,
  })
}

/** In the given order, a few at a time. */
async function inBatches<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = []
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))))
  }
  return results
}

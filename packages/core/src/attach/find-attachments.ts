import {
  attachmentTag,
  fetchManifest,
  isManifestType,
  mediaTypes,
  readAll,
  RegistryError,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
  type Manifest,
} from '@assay/registry'
import { maxBundleSize } from '../bundle/parse-bundle.ts'
import { toRefusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import type { Attachment } from './attachment.ts'

/** How many referrers are looked at; more is refused, never cut: the one that matters could be the last. */
export const maxReferrers = 1000
const atOnce = 8

/**
 * Finds what is attached to an image: Sigstore bundles among its referrers, and cosign's legacy tags. Referrers
 * are judged by their layer: registries and old writers mislabel the rest. "None" is an empty list; a place that
 * cannot be read throws, since nobody could tell what was not seen.
 * @throws RegistryError LIMIT_EXCEEDED and the codes of reaching the place
 */
export async function findAttachments(
  source: ContentSource,
  subject: Digest,
  call?: Call,
): Promise<readonly Attachment[]> {
  const [referrers, signatures, attestations] = await Promise.all([
    fromReferrers(source, subject, call),
    fromTag(source, { subject, suffix: 'sig', kind: 'legacy-signature' }, call),
    fromTag(source, { subject, suffix: 'att', kind: 'legacy-attestation' }, call),
  ])
  return [...referrers, ...signatures, ...attestations]
}

async function fromReferrers(
  source: ContentSource,
  subject: Digest,
  call?: Call,
): Promise<readonly Attachment[]> {
  const descriptors: Descriptor[] = []
  for await (const descriptor of source.referrers(subject, call)) {
    if (descriptors.length === maxReferrers) throw tooMany(subject)
    if (isManifestType(descriptor.mediaType)) descriptors.push(descriptor)
  }
  return (await inBatches(descriptors, (descriptor) => fromReferrer(source, descriptor, call))).flat()
}

async function fromReferrer(
  source: ContentSource,
  descriptor: Descriptor,
  call?: Call,
): Promise<readonly Attachment[]> {
  const manifest = await readManifest(source, descriptor, call)
  if (!('kind' in manifest)) return [manifest.unusable]
  const layers = manifest.layers.filter(({ mediaType }) => isBundleType(mediaType))
  const [layer] = layers
  if (layer === undefined) return []
  if (layers.length > 1)
    return [unusable(descriptor, { message: 'the referrer holds several bundles', got: `${layers.length}` })]
  return [await readLayer(source, { manifest: descriptor, layer, kind: 'bundle' }, call)]
}

function isBundleType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.dev.sigstore.bundle')
}

interface LegacyTag {
  readonly subject: Digest
  readonly suffix: 'sig' | 'att'
  readonly kind: 'legacy-signature' | 'legacy-attestation'
}

const legacyTypes = {
  'legacy-signature': mediaTypes.simpleSigning,
  'legacy-attestation': mediaTypes.dsseEnvelope,
}

async function fromTag(source: ContentSource, tag: LegacyTag, call?: Call): Promise<readonly Attachment[]> {
  const descriptor = await resolveTag(source, attachmentTag(tag.subject, tag.suffix), call)
  if (descriptor === undefined) return []
  const manifest = isManifestType(descriptor.mediaType)
    ? await readManifest(source, descriptor, call)
    : {
        unusable: unusable(descriptor, {
          message: 'the tag does not name a manifest',
          got: descriptor.mediaType,
        }),
      }
  if (!('kind' in manifest)) return [manifest.unusable]
  const layers = manifest.layers.filter(({ mediaType }) => mediaType === legacyTypes[tag.kind])
  if (layers.length > maxReferrers) throw tooMany(tag.subject)
  return await inBatches(layers, (layer) =>
    readLayer(source, { manifest: descriptor, layer, kind: tag.kind }, call),
  )
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
  source: ContentSource,
  descriptor: Descriptor,
  call?: Call,
): Promise<Manifest | { readonly unusable: Attachment }> {
  try {
    const manifest = await fetchManifest(source, descriptor, call)
    if (manifest.kind === 'manifest') return manifest
    return { unusable: unusable(descriptor, { message: 'an index stands where a manifest should' }) }
  } catch (error) {
    return { unusable: unusable(descriptor, brokenContent(error)) }
  }
}

async function readLayer(
  source: ContentSource,
  place: {
    readonly manifest: Descriptor
    readonly layer: Descriptor
    readonly kind: 'bundle' | LegacyTag['kind']
  },
  call?: Call,
): Promise<Attachment> {
  const { manifest, layer, kind } = place
  if (layer.size > maxBundleSize)
    return unusable(
      manifest,
      { message: 'it is too large', expected: `at most ${maxBundleSize} bytes`, got: `${layer.size}` },
      layer,
    )
  try {
    const bytes = await readAll(source.open(layer, call), { limit: maxBundleSize, on: layer.digest })
    return { kind, manifest, layer, bytes }
  } catch (error) {
    return unusable(manifest, brokenContent(error), layer)
  }
}

interface Fault {
  readonly message: string
  readonly expected?: string
  readonly got?: string
  readonly cause?: unknown
}

function brokenContent(error: unknown): Fault {
  const broken = ['CONTENT_MISMATCH', 'MALFORMED_CONTENT', 'LIMIT_EXCEEDED']
  if (!(error instanceof RegistryError) || !broken.includes(error.code)) throw error
  const { message, expected, got } = error
  return {
    message,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
    cause: error,
  }
}

function unusable(manifest: Descriptor, fault: Fault, layer?: Descriptor): Attachment {
  const { message, ...details } = fault
  const error = new VerificationError('UNUSABLE_ATTACHMENT', `the attachment cannot be used: ${message}`, {
    step: 'attachment',
    on: (layer ?? manifest).digest,
    ...details,
  })
  return { kind: 'unusable', manifest, ...(layer !== undefined && { layer }), refusal: toRefusal(error) }
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

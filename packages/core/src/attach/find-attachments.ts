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
import { maxTagLength } from './attached-tags.ts'
import type { Attachment } from './attachment.ts'

/** How many referrers are looked at; more is refused, never cut: the one that matters could be the last. */
export const maxReferrers = 1000
const atOnce = 8
/** How many bytes are read for one image, each content counted once: four attachments of the largest size. */
const maxAttachedBytes = 4 * maxBundleSize

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
  const reading: Reading = { source, subject, layers: new Map(), total: 0, ...(call && { call }) }
  const [referrers, signatures, attestations] = await Promise.all([
    fromReferrers(reading),
    fromTag(reading, { suffix: 'sig', kind: 'legacy-signature' }),
    fromTag(reading, { suffix: 'att', kind: 'legacy-attestation' }),
  ])
  return [...referrers, ...signatures, ...attestations]
}

/** One search: what was read already, and how much that was. */
interface Reading {
  readonly source: ContentSource
  readonly subject: Digest
  readonly call?: Call
  readonly layers: Map<Digest, Promise<Uint8Array | Fault>>
  total: number
}

async function fromReferrers(reading: Reading): Promise<readonly Attachment[]> {
  const { source, subject, call } = reading
  const descriptors: Descriptor[] = []
  for await (const descriptor of source.referrers(subject, call)) {
    if (descriptors.length === maxReferrers) throw tooMany(subject)
    if (isManifestType(descriptor.mediaType)) descriptors.push(descriptor)
  }
  return (await inBatches(descriptors, (descriptor) => fromReferrer(reading, descriptor))).flat()
}

async function fromReferrer(reading: Reading, descriptor: Descriptor): Promise<readonly Attachment[]> {
  const manifest = await readManifest(reading, descriptor)
  if (!('kind' in manifest)) return [manifest.unusable]
  const layers = manifest.layers.filter(({ mediaType }) => isBundleType(mediaType))
  const [layer] = layers
  if (layer === undefined) return []
  if (layers.length > 1)
    return [unusable(descriptor, { message: 'the referrer holds several bundles', got: `${layers.length}` })]
  return [await readLayer(reading, { manifest: descriptor, layer, kind: 'bundle' })]
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

async function fromTag(reading: Reading, tag: LegacyTag): Promise<readonly Attachment[]> {
  const { source, subject, call } = reading
  const name = attachmentTag(subject, tag.suffix)
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
  return await inBatches(layers, (layer) =>
    readLayer(reading, { manifest: descriptor, layer, kind: tag.kind }),
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
  { source, call }: Reading,
  descriptor: Descriptor,
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
  reading: Reading,
  place: {
    readonly manifest: Descriptor
    readonly layer: Descriptor
    readonly kind: 'bundle' | LegacyTag['kind']
  },
): Promise<Attachment> {
  const { manifest, layer, kind } = place
  if (layer.size > maxBundleSize)
    return unusable(
      manifest,
      { message: 'it is too large', expected: `at most ${maxBundleSize} bytes`, got: `${layer.size}` },
      layer,
    )
  const read = await contentOf(reading, layer)
  if ('message' in read) return unusable(manifest, read, layer)
  return { kind, manifest, layer, bytes: read }
}

/** The bytes of a layer, read once however often it is named: many signatures may be over one payload. */
async function contentOf(reading: Reading, layer: Descriptor): Promise<Uint8Array | Fault> {
  const { layers, subject } = reading
  const known = layers.get(layer.digest)
  if (known !== undefined) return await known
  reading.total += layer.size
  if (reading.total > maxAttachedBytes)
    throw new RegistryError('LIMIT_EXCEEDED', 'too many bytes are attached to the image', {
      on: subject,
      expected: `at most ${maxAttachedBytes} bytes in all`,
    })
  const reads = readContent(reading, layer)
  layers.set(layer.digest, reads)
  return await reads
}

async function readContent({ source, call }: Reading, layer: Descriptor): Promise<Uint8Array | Fault> {
  try {
    return await readAll(source.open(layer, call), { limit: maxBundleSize, on: layer.digest })
  } catch (error) {
    return brokenContent(error)
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

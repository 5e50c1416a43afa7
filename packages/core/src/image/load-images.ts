import {
  fetchManifest,
  isIndexType,
  isManifestType,
  mediaTypes,
  readAll,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
  type Manifest,
  type Platform,
} from '@assay/registry'
import { parseImageConfig, type ImageConfig } from './image-config.ts'
import { ImageError } from './image-error.ts'
import { LIMITS } from './limits.ts'
import { matchesPlatform, platformName } from './platform.ts'

/** One runnable image: a manifest with its config. */
export interface ImageManifest {
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** What the index says about it; runtimes pick by this. */
  readonly listedPlatform: Platform | undefined
}

/** What else lies in an index, or below it. */
export type OtherManifest =
  /** Build provenance or SBOM of a sibling, as BuildKit stores it in the index. */
  | { readonly kind: 'attestation'; readonly descriptor: Descriptor; readonly subject: string | undefined }
  | { readonly kind: 'artifact'; readonly descriptor: Descriptor; readonly artifactType: string }
  | { readonly kind: 'unknown'; readonly descriptor: Descriptor }

/** Everything that a reference stands for. */
export interface ImageTree {
  readonly root: Descriptor
  readonly images: readonly ImageManifest[]
  readonly others: readonly OtherManifest[]
}

export interface LoadOptions {
  /** Only this platform. Without it, every runnable one. */
  readonly platform?: Platform
  readonly call?: Call
}

/**
 * Loads the manifest and config of every runnable image that a descriptor stands for, through nested indexes.
 * @throws ImageError NOT_AN_IMAGE, UNKNOWN_PLATFORM, MALFORMED_CONFIG, LIMIT_EXCEEDED
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT and the codes of reaching the place
 */
export async function loadImages(
  source: ContentSource,
  root: Descriptor,
  { platform, call }: LoadOptions = {},
): Promise<ImageTree> {
  const found: Found = { images: [], others: [], seen: new Set() }
  const walk: Walk = { source, found, ...(call === undefined ? {} : { call }) }
  await visit(walk, root, 0)
  if (found.images.length === 0) throw notAnImage(root, found.others)
  const images =
    platform === undefined
      ? found.images
      : found.images.filter((image) => matchesPlatform(platformOf(image), platform))
  if (images.length === 0 && platform !== undefined) throw unknownPlatform(root, platform, found.images)
  return { root, images, others: found.others }
}

/** The platform by which a runtime picks the image: what the index says, else what the config says. */
export function platformOf(image: ImageManifest): Platform {
  return image.listedPlatform ?? image.config.platform
}

interface Found {
  readonly images: ImageManifest[]
  readonly others: OtherManifest[]
  readonly seen: Set<Digest>
}

interface Walk {
  readonly source: ContentSource
  readonly found: Found
  readonly call?: Call
}

async function visit(walk: Walk, descriptor: Descriptor, depth: number): Promise<void> {
  const { found } = walk
  // An index may list a digest twice; a cycle cannot be built, and would end here.
  if (found.seen.has(descriptor.digest)) return
  found.seen.add(descriptor.digest)
  if (depth > LIMITS.indexDepth || found.seen.size > LIMITS.manifests) {
    throw new ImageError('LIMIT_EXCEEDED', 'the index holds too much, or indexes nested too deep', {
      on: descriptor.digest,
      expected: `${LIMITS.indexDepth} levels and ${LIMITS.manifests} manifests at most`,
    })
  }
  if (isIndexType(descriptor.mediaType)) await visitIndex(walk, descriptor, depth)
  else if (isManifestType(descriptor.mediaType)) await visitManifest(walk, descriptor)
  else found.others.push({ kind: 'unknown', descriptor })
}

async function visitIndex(walk: Walk, descriptor: Descriptor, depth: number): Promise<void> {
  const index = await fetchManifest(walk.source, descriptor, walk.call)
  if (index.kind !== 'index') return
  for (const child of index.manifests) {
    if (child.annotations?.[referenceType] === 'attestation-manifest') {
      walk.found.others.push(attestationOf(child))
    } else await visit(walk, child, depth + 1)
  }
}

async function visitManifest(walk: Walk, descriptor: Descriptor): Promise<void> {
  const manifest = await fetchManifest(walk.source, descriptor, walk.call)
  if (manifest.kind !== 'manifest') return
  const other = otherThanImage(manifest)
  if (other !== undefined) {
    walk.found.others.push(other)
    return
  }
  if (manifest.layers.length > LIMITS.layers) {
    throw new ImageError('LIMIT_EXCEEDED', 'the image has too many layers', {
      on: descriptor.digest,
      expected: `at most ${LIMITS.layers}`,
      got: String(manifest.layers.length),
    })
  }
  const { digest } = manifest.config
  const bytes = await readAll(walk.source.open(manifest.config, walk.call), {
    limit: LIMITS.configBytes,
    on: digest,
  })
  walk.found.images.push({
    manifest,
    config: parseImageConfig(bytes, digest),
    listedPlatform: descriptor.platform,
  })
}

const referenceType = 'vnd.docker.reference.type'
const attestationType = 'application/vnd.docker.attestation.manifest.v1+json'
const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig])

function attestationOf(descriptor: Descriptor): OtherManifest {
  return { kind: 'attestation', descriptor, subject: descriptor.annotations?.['vnd.docker.reference.digest'] }
}

function otherThanImage(manifest: Manifest): OtherManifest | undefined {
  const { descriptor } = manifest
  if (manifest.artifactType === attestationType) {
    return { kind: 'attestation', descriptor, subject: manifest.subject?.digest }
  }
  // cosign's old signatures carry an image config; their layers say what they are.
  const [layer] = manifest.layers
  const signature =
    layer?.mediaType === mediaTypes.simpleSigning || layer?.mediaType === mediaTypes.dsseEnvelope
  if (imageConfigs.has(manifest.config.mediaType) && !signature) return undefined
  const artifactType = manifest.artifactType ?? (signature ? layer.mediaType : manifest.config.mediaType)
  return { kind: 'artifact', descriptor, artifactType }
}

function notAnImage(root: Descriptor, others: readonly OtherManifest[]): ImageError {
  const [other] = others
  const kinds = {
    attestation: 'an attestation',
    artifact: 'an artifact',
    unknown: 'a manifest of unknown type',
  } as const
  const type =
    other?.kind === 'artifact' ? other.artifactType : (other?.descriptor.mediaType ?? root.mediaType)
  return new ImageError('NOT_AN_IMAGE', 'the reference stands for no runnable image', {
    on: root.digest,
    expected: 'an image manifest, or an index with one',
    got: other === undefined ? 'an index without images' : `${kinds[other.kind]} (${type})`,
  })
}

function unknownPlatform(root: Descriptor, platform: Platform, images: readonly ImageManifest[]): ImageError {
  const names = images.map((image) => platformName(platformOf(image))).toSorted()
  return new ImageError('UNKNOWN_PLATFORM', 'the image has no such platform', {
    on: root.digest,
    expected: `one of ${names.join(', ')}`,
    got: platformName(platform),
  })
}

import {
  fetchManifest,
  isIndexType,
  isManifestType,
  readAll,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
  type Manifest,
  type Platform,
} from '@assay/registry'
import {
  listedAttestation,
  otherThanImage,
  unknownManifest,
  type OtherManifest,
} from './classify-manifest.ts'
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
  /** Other platforms that the index lists the same manifest for. */
  readonly alsoListed: readonly Platform[]
}

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
  const found: Found = { images: [], others: [], seen: new Set(), platforms: new Map(), visits: 0 }
  const walk: Walk = { source, found, ...(call === undefined ? {} : { call }) }
  await visit(walk, root, 0)
  if (found.images.length === 0) throw notAnImage(root, found.others)
  const listed = found.images.map((image) => withPlatforms(image, found))
  const images = platform === undefined ? listed : listed.flatMap((image) => imageFor(platform, image))
  if (images.length === 0 && platform !== undefined) throw unknownPlatform(root, platform, found.images)
  const others = found.others.filter(({ descriptor }) => concerns(descriptor.platform, platform))
  return { root, images, others }
}

function withPlatforms(image: ImageManifest, { platforms }: Found): ImageManifest {
  const more = platforms.get(image.manifest.descriptor.digest) ?? []
  return { ...image, alsoListed: more.map((platform) => platform ?? image.config.platform) }
}

/** The image as a runtime would pick it for this platform, by any entry of the index that lists it. */
function imageFor(wanted: Platform, image: ImageManifest): readonly ImageManifest[] {
  if (matchesPlatform(platformOf(image), wanted)) return [image]
  const listed = image.alsoListed.find((platform) => matchesPlatform(platform, wanted))
  return listed === undefined ? [] : [{ ...image, listedPlatform: listed }]
}

/** Whether a manifest may be meant when this platform is asked for. */
function concerns(listed: Platform | undefined, asked: Platform | undefined): boolean {
  return asked === undefined || listed === undefined || matchesPlatform(listed, asked)
}

/** The platform by which a runtime picks the image: what the index says, else what the config says. */
export function platformOf(image: ImageManifest): Platform {
  return image.listedPlatform ?? image.config.platform
}

interface Found {
  readonly images: ImageManifest[]
  readonly others: OtherManifest[]
  readonly seen: Set<Digest>
  /** What the index lists a manifest for after it was first seen; undefined: nothing, so its config says. */
  readonly platforms: Map<Digest, (Platform | undefined)[]>
  visits: number
}

interface Walk {
  readonly source: ContentSource
  readonly found: Found
  readonly call?: Call
}

async function visit(walk: Walk, descriptor: Descriptor, depth: number): Promise<void> {
  const { found } = walk
  const readable = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType)
  // An index may list a digest twice; a cycle cannot be built, and would end here. What was only looked at under
  // a type that we do not know has not been seen.
  if (found.seen.has(descriptor.digest)) {
    const known = found.platforms.get(descriptor.digest) ?? []
    known.push(descriptor.platform)
    found.platforms.set(descriptor.digest, known)
    return
  }
  if (readable) found.seen.add(descriptor.digest)
  found.visits += 1
  if (depth > LIMITS.indexDepth || found.visits > LIMITS.manifests) {
    throw new ImageError('LIMIT_EXCEEDED', 'the index holds too much, or indexes nested too deep', {
      on: descriptor.digest,
      expected: `${LIMITS.indexDepth} levels and ${LIMITS.manifests} manifests at most`,
    })
  }
  if (isIndexType(descriptor.mediaType)) await visitIndex(walk, descriptor, depth)
  else if (isManifestType(descriptor.mediaType)) await visitManifest(walk, descriptor)
  else found.others.push(unknownManifest(descriptor))
}

async function visitIndex(walk: Walk, descriptor: Descriptor, depth: number): Promise<void> {
  const index = await fetchManifest(walk.source, descriptor, walk.call)
  if (index.kind !== 'index') return
  for (const child of index.manifests) {
    const attestation = listedAttestation(child)
    if (attestation !== undefined) walk.found.others.push(attestation)
    else await visit(walk, child, depth + 1)
  }
}

async function visitManifest(walk: Walk, descriptor: Descriptor): Promise<void> {
  const manifest = await fetchManifest(walk.source, descriptor, walk.call)
  if (manifest.kind !== 'manifest') return
  const other = otherThanImage(manifest, descriptor)
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
    alsoListed: [],
  })
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

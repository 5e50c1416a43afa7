import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  digestOf,
  mediaTypes,
  RegistryError,
  streamOf,
  verifiedStream,
  type ContentSource,
  type ContentStore,
  type Descriptor,
  type Digest,
  type Platform,
} from '@assay/registry'
import { tarBytes, type TarEntry } from './tar-bytes.ts'

/** An image to build. Everything left out has a fixed default, so that equal descriptions give equal digests. */
export interface ImageDescription {
  readonly layers?: readonly LayerDescription[]
  readonly platform?: Platform
  /** The `config` object of the image config: `User`, `Entrypoint`, `Env`, … */
  readonly config?: Readonly<Record<string, unknown>>
  /** Laid over the image config as a whole, to lie in it. */
  readonly configOverrides?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Laid over the manifest as a whole. */
  readonly manifestOverrides?: Readonly<Record<string, unknown>>
}

export interface LayerDescription {
  readonly entries?: readonly TarEntry[]
  /** Instead of `entries`: the uncompressed bytes. */
  readonly tar?: Uint8Array
  /** Instead of all that: the bytes of the blob. `tar` then only gives the diffID. */
  readonly blob?: Uint8Array
  readonly compression?: 'gzip' | 'zstd' | 'none'
  readonly mediaType?: string
  readonly createdBy?: string
  /** Of the layer's descriptor. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** A built image or index: what to push, children before parents. */
export interface BuiltImage {
  readonly descriptor: Descriptor
  readonly blobs: readonly Blob[]
  /** Everything above, readable in memory. */
  readonly source: ContentSource
}

interface Blob {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** Builds an image in memory; deterministic. */
export async function buildImage(image: ImageDescription): Promise<BuiltImage> {
  const layers = await Promise.all((image.layers ?? []).map(async (layer) => await buildLayer(layer)))
  const config = jsonBlob(mediaTypes.ociConfig, {
    created: '1970-01-01T00:00:00Z',
    architecture: image.platform?.architecture ?? 'amd64',
    os: image.platform?.os ?? 'linux',
    ...(image.platform?.variant === undefined ? {} : { variant: image.platform.variant }),
    config: image.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created: '1970-01-01T00:00:00Z', created_by: layer.createdBy })),
    ...image.configOverrides,
  })
  const manifest = jsonBlob(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map((layer) => layer.descriptor),
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
    ...image.manifestOverrides,
  })
  return built(manifest, [...layers, config])
}

/** Builds an index over images; each child carries the platform given with it. */
export function buildIndex(
  children: readonly {
    readonly image: BuiltImage
    readonly platform?: Platform
    readonly annotations?: Readonly<Record<string, string>>
  }[],
  overrides: Readonly<Record<string, unknown>> = {},
): BuiltImage {
  const manifests = children.map(({ image, platform, annotations }) => ({
    ...image.descriptor,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
  }))
  const index = jsonBlob(mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests,
    ...overrides,
  })
  return built(
    index,
    children.flatMap((child) => child.image.blobs),
  )
}

/** Any JSON document as a manifest of the given type: artifacts, attestation manifests, lies. */
export function buildManifest(document: unknown, mediaType: string, blobs: readonly Blob[] = []): BuiltImage {
  return built(jsonBlob(mediaType, document), blobs)
}

/** Writes a built image to a store, children first, and tags it if a tag is given. */
export async function pushImage(store: ContentStore, image: BuiltImage, tag?: string): Promise<Descriptor> {
  for (const { descriptor, bytes } of image.blobs) await store.push(descriptor, streamOf(bytes))
  if (tag !== undefined) await store.tag(image.descriptor, tag)
  return image.descriptor
}

interface BuiltLayer extends Blob {
  readonly diffId: Digest
  readonly createdBy: string
}

async function buildLayer(layer: LayerDescription): Promise<BuiltLayer> {
  const tar = layer.tar ?? (await tarBytes(layer.entries ?? []))
  const compression = layer.compression ?? 'gzip'
  const bytes = layer.blob ?? compress[compression](tar)
  const mediaType = layer.mediaType ?? layerTypes[compression]
  return {
    descriptor: {
      ...descriptorOf(mediaType, bytes),
      ...(layer.annotations === undefined ? {} : { annotations: layer.annotations }),
    },
    bytes,
    diffId: digestOf(tar),
    createdBy: layer.createdBy ?? 'image-builder',
  }
}

const layerTypes = {
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
  none: mediaTypes.ociLayer,
} as const

const compress = {
  gzip: (tar: Uint8Array): Uint8Array => gzipSync(tar),
  zstd: (tar: Uint8Array): Uint8Array => zstdCompressSync(tar),
  none: (tar: Uint8Array): Uint8Array => tar,
} as const

function jsonBlob(mediaType: string, document: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(document))
  return { descriptor: descriptorOf(mediaType, bytes), bytes }
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

function built(root: Blob, below: readonly Blob[]): BuiltImage {
  const unique = new Map([...below, root].map((blob) => [blob.descriptor.digest, blob]))
  const blobs = [...unique.values()]
  return { descriptor: root.descriptor, blobs, source: sourceOf(blobs, root.descriptor) }
}

/** The blobs as a read-only source, whose only tag is `latest`. */
function sourceOf(blobs: readonly Blob[], root: Descriptor): ContentSource {
  const byDigest = new Map<string, Blob>(blobs.map((blob) => [blob.descriptor.digest, blob]))
  const find = (digest: string): Blob => {
    const blob = byDigest.get(digest)
    if (blob === undefined) throw new RegistryError('NOT_FOUND', 'no such content', { on: digest })
    return blob
  }
  return {
    resolve: async (reference) =>
      await Promise.resolve(reference === 'latest' ? root : find(reference).descriptor),
    async *open(descriptor) {
      yield* verifiedStream(descriptor, streamOf(find(descriptor.digest).bytes))
    },
    async *referrers() {
      yield* await Promise.resolve([])
    },
    async *tags() {
      yield await Promise.resolve('latest')
    },
  }
}

/** The hex SHA-256 of some content, as reports print it. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

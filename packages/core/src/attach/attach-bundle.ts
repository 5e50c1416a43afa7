import {
  digestOf,
  mediaTypes,
  streamOf,
  type Call,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'

export interface BundleAttachment {
  /** The bundle file, JSON. */
  readonly bundle: Uint8Array
  readonly predicateType: string
  readonly createdAt: Date
}

export interface AttachedBundle {
  /** The referrer. */
  readonly manifest: Descriptor
  /** Its one layer. */
  readonly bundle: Descriptor
}

const emptyConfig = Buffer.from('{}')

/**
 * Attaches a Sigstore bundle to an image: a manifest that refers to it, in the form that cosign v3 writes and reads.
 * Content goes first, so that nothing is ever listed before it is there. The manifest has no tag.
 */
export async function attachBundle(
  store: ContentStore,
  subject: Descriptor,
  attachment: BundleAttachment & Call,
): Promise<AttachedBundle> {
  const { signal } = attachment
  const call: Call = signal === undefined ? {} : { signal }
  const config = await push(store, { bytes: emptyConfig, mediaType: mediaTypes.ociEmpty }, call)
  const bundle = await push(store, { bytes: attachment.bundle, mediaType: mediaTypes.sigstoreBundle }, call)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    // Not in the specification, and yet cosign finds what it may clean up by it.
    config: { ...config, artifactType: mediaTypes.sigstoreBundle },
    layers: [bundle],
    annotations: {
      'org.opencontainers.image.created': `${attachment.createdAt.toISOString().slice(0, 19)}Z`,
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': attachment.predicateType,
    },
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    artifactType: mediaTypes.sigstoreBundle,
  }
  return { manifest: await push(store, asContent(manifest), call), bundle }
}

interface Content {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

function asContent(manifest: { readonly mediaType: string }): Content {
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: manifest.mediaType }
}

/** Blobs that are there already are left alone; a manifest goes again, since its listing may be what is missing. */
async function push(store: ContentStore, content: Content, call: Call): Promise<Descriptor> {
  const { bytes, mediaType } = content
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  if (mediaType === mediaTypes.ociManifest || !(await store.has(descriptor, call))) {
    await store.push(descriptor, streamOf(bytes), call)
  }
  return descriptor
}

import {
  digestOf,
  mediaTypes,
  streamOf,
  type Call,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'

/** One file for an image: what it is, and what its manifest says of it. */
export interface Artifact {
  readonly content: Uint8Array
  /** Of the file, and of the artifact. */
  readonly mediaType: string
  readonly annotations: Readonly<Record<string, string>>
}

export interface AttachedArtifact {
  /** The referrer. */
  readonly manifest: Descriptor
  /** Its one layer. */
  readonly layer: Descriptor
}

const emptyConfig = Buffer.from('{}')

/**
 * Attaches a file to an image: a manifest that refers to it (OCI image-spec, manifest.md "Guidelines for Artifact
 * Usage"). Content goes first, so that nothing is ever listed before it is there. The manifest has no tag.
 */
export async function attachArtifact(
  store: ContentStore,
  subject: Descriptor,
  { content, mediaType, annotations, ...call }: Artifact & Call,
): Promise<AttachedArtifact> {
  const config = await pushBlob(store, { bytes: emptyConfig, mediaType: mediaTypes.ociEmpty }, call)
  const layer = await pushBlob(store, { bytes: content, mediaType }, call)
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    // Not in the specification, and yet cosign finds what it may clean up by it.
    config: { ...config, artifactType: mediaType },
    layers: [layer],
    annotations,
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    artifactType: mediaType,
  }
  const bytes = Buffer.from(JSON.stringify(document))
  const manifest = describe(bytes, mediaTypes.ociManifest)
  // Goes also if it is there: its listing may be what is missing.
  await store.push(manifest, streamOf(bytes), call)
  return { manifest, layer }
}

async function pushBlob(
  store: ContentStore,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  call: Call,
): Promise<Descriptor> {
  const descriptor = describe(bytes, mediaType)
  if (!(await store.has(descriptor, call))) await store.push(descriptor, streamOf(bytes), call)
  return descriptor
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

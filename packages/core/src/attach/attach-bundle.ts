import { mediaTypes, type Call, type ContentStore, type Descriptor } from '@assay/registry'
import { attachArtifact } from './attach-artifact.ts'

export interface BundleAttachment {
  /** The bundle file, JSON. */
  readonly bundle: Uint8Array
  /** Of the statement in it; none where the image itself was signed. */
  readonly predicateType?: string
  readonly createdAt: Date
}

export interface AttachedBundle {
  /** The referrer. */
  readonly manifest: Descriptor
  /** Its one layer. */
  readonly bundle: Descriptor
}

/** Attaches a Sigstore bundle to an image, in the form that cosign v3 writes and reads. */
export async function attachBundle(
  store: ContentStore,
  subject: Descriptor,
  attachment: BundleAttachment & Call,
): Promise<AttachedBundle> {
  const { signal, bundle, predicateType, createdAt } = attachment
  const { manifest, layer } = await attachArtifact(store, subject, {
    content: bundle,
    mediaType: mediaTypes.sigstoreBundle,
    annotations: {
      'org.opencontainers.image.created': `${createdAt.toISOString().slice(0, 19)}Z`,
      'dev.sigstore.bundle.content': predicateType === undefined ? 'message-signature' : 'dsse-envelope',
      ...(predicateType !== undefined && { 'dev.sigstore.bundle.predicateType': predicateType }),
    },
    ...(signal !== undefined && { signal }),
  })
  return { manifest, bundle: layer }
}

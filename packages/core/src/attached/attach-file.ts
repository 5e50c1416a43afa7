import {
  attachmentTag,
  mediaTypes,
  RegistryError,
  type Call,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { attachArtifact } from '../attach/attach-artifact.ts'
import { attachBundle } from '../attach/attach-bundle.ts'
import { attachLegacy } from '../attach/attach-legacy.ts'
import { parseBundle } from '../bundle/parse-bundle.ts'
import { parseLegacyAttestation, parseLegacySignature } from '../bundle/parse-legacy.ts'
import { attachSbomTag } from './attach-sbom-tag.ts'
import { checkSubject } from './check-subject.ts'
import { sbomFormats, type SbomFormat } from './sbom-types.ts'

/** Where something was attached. */
export interface AttachedFile {
  readonly manifest: Descriptor
  readonly by: 'subject' | { readonly tag: string }
  /** What the file is, by its media type. */
  readonly mediaType: string
}

interface Target {
  readonly store: ContentStore
  readonly root: Descriptor
}

/**
 * Attaches a Sigstore bundle that was made elsewhere. Nothing is verified but that it is about the image.
 * @throws VerificationError MALFORMED_BUNDLE, UNSUPPORTED_FORMAT, SUBJECT_MISMATCH
 */
export async function attachBundleFile(
  { store, root }: Target,
  { bytes, now }: { readonly bytes: Uint8Array; readonly now: Date },
  call: Call,
): Promise<AttachedFile> {
  const about = checkSubject(parseBundle(bytes), root.digest)
  const { manifest } = await attachBundle(store, root, { bundle: bytes, ...about, createdAt: now, ...call })
  return { manifest, by: 'subject', mediaType: mediaTypes.sigstoreBundle }
}

/** A signature of cosign's older form, in pieces: the payload that was signed, and what proves it. */
export interface SignaturePieces {
  readonly payload: Uint8Array
  /** Base64. */
  readonly signature: string
  readonly certificate?: string
  readonly chain?: string
  /** Rekor's answer, JSON. */
  readonly logEntry?: string
  /** RFC 3161 response, DER. */
  readonly timestamp?: Uint8Array
}

/**
 * Attaches a signature of cosign's older form. Nothing is verified but that it is about the image.
 * @throws VerificationError MALFORMED_BUNDLE, MALFORMED_STATEMENT, SUBJECT_MISMATCH
 */
export async function attachSignature(
  { store, root }: Target,
  pieces: SignaturePieces,
  call: Call,
): Promise<AttachedFile> {
  const annotations = annotationsOf(pieces)
  checkSubject(parseLegacySignature(pieces.payload, annotations), root.digest)
  const layer = { suffix: 'sig', content: pieces.payload, annotations, ...call } as const
  const manifest = await attachLegacy(store, root, layer)
  return { manifest, by: { tag: attachmentTag(root.digest, 'sig') }, mediaType: mediaTypes.simpleSigning }
}

function annotationsOf({
  signature,
  certificate,
  chain,
  logEntry,
  timestamp,
}: SignaturePieces): Record<string, string> {
  return {
    'dev.cosignproject.cosign/signature': signature,
    ...(certificate !== undefined && { 'dev.sigstore.cosign/certificate': certificate }),
    ...(chain !== undefined && { 'dev.sigstore.cosign/chain': chain }),
    ...(logEntry !== undefined && { 'dev.sigstore.cosign/bundle': logEntry }),
    ...(timestamp !== undefined && {
      'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({
        SignedRFC3161Timestamp: Buffer.from(timestamp).toString('base64'),
      }),
    }),
  }
}

/**
 * Attaches a DSSE envelope in cosign's older form. Nothing is verified but that it is about the image.
 * @throws VerificationError MALFORMED_BUNDLE, MALFORMED_STATEMENT, SUBJECT_MISMATCH
 */
export async function attachAttestation(
  { store, root }: Target,
  envelope: Uint8Array,
  call: Call,
): Promise<AttachedFile> {
  const signature = { 'dev.cosignproject.cosign/signature': '' }
  const { predicateType } = checkSubject(parseLegacyAttestation(envelope, signature), root.digest)
  const annotations = { ...signature, ...(predicateType !== undefined && { predicateType }) }
  const manifest = await attachLegacy(store, root, { suffix: 'att', content: envelope, annotations, ...call })
  return { manifest, by: { tag: attachmentTag(root.digest, 'att') }, mediaType: mediaTypes.dsseEnvelope }
}

/**
 * Attaches an SBOM as it is, unsigned: as a referrer, or under cosign's older tag.
 * @throws RegistryError WRITE_FAILED if another SBOM has that tag
 */
export async function attachSbom(
  { store, root }: Target,
  sbom: {
    readonly bytes: Uint8Array
    readonly format: SbomFormat
    readonly legacy: boolean
    readonly now: Date
  },
  call: Call,
): Promise<AttachedFile> {
  const { bytes, format, legacy, now } = sbom
  if (bytes.byteLength === 0)
    throw new RegistryError('INVALID_REFERENCE', 'the SBOM is empty', { on: root.digest })
  if (legacy) {
    const mediaType = sbomFormats[format]
    const { manifest, tag } = await attachSbomTag(store, root, { bytes, mediaType, ...call })
    return { manifest, by: { tag }, mediaType }
  }
  // Registered with IANA for SPDX; cosign's tags have their own name for it.
  const mediaType = format === 'spdx-json' ? 'application/spdx+json' : sbomFormats[format]
  const created = `${now.toISOString().slice(0, 19)}Z`
  const annotations = { 'org.opencontainers.image.created': created }
  const { manifest } = await attachArtifact(store, root, { content: bytes, mediaType, annotations, ...call })
  return { manifest, by: 'subject', mediaType }
}

import type { Digest } from '@assay/registry'
import { parseBundle } from '../bundle/parse-bundle.ts'
import { parseLegacyAttestation, parseLegacySignature } from '../bundle/parse-legacy.ts'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { verifyBundle, type VerifyOptions } from '../verify/verify-bundle.ts'
import type { Attachment } from './attachment.ts'

export type AttachmentVerdict =
  | { readonly status: 'verified'; readonly proof: Proof }
  | { readonly status: 'refused'; readonly source: ProofSource; readonly refusal: Refusal }

/** Verifies one attachment. A refusal is an answer, not an error; what form it has is decided by what is there. */
export async function verifyAttachment(
  attachment: Attachment,
  subject: Digest,
  options: Omit<VerifyOptions, 'subject' | 'source'>,
): Promise<AttachmentVerdict> {
  const source = sourceOf(attachment)
  if (attachment.kind === 'unusable') return { status: 'refused', source, refusal: attachment.refusal }
  try {
    const proof = await verifyBundle(parse(attachment), { ...options, subject, source })
    return { status: 'verified', proof }
  } catch (error) {
    if (error instanceof VerificationError) return { status: 'refused', source, refusal: toRefusal(error) }
    throw error
  }
}

function parse(attachment: Exclude<Attachment, { readonly kind: 'unusable' }>): SignedMaterial {
  if (attachment.kind === 'bundle') return parseBundle(attachment.bytes)
  const annotations = attachment.layer.annotations ?? {}
  return attachment.kind === 'legacy-signature'
    ? parseLegacySignature(attachment.bytes, annotations)
    : parseLegacyAttestation(attachment.bytes, annotations)
}

function sourceOf(attachment: Attachment): ProofSource {
  const { kind, manifest } = attachment
  return kind === 'legacy-signature' || kind === 'legacy-attestation'
    ? { kind: 'legacy', layer: attachment.layer, format: 'legacy' }
    : { kind: 'referrer', manifest, format: 'bundle' }
}

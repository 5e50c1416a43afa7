import type { Digest } from '@assay/registry'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { verifyBundle, type VerifyOptions } from '../verify/verify-bundle.ts'
import { materialOf } from './attached-material.ts'
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
  return await verifyMaterial(() => materialOf(attachment), { ...options, subject, source })
}

/** Parses and verifies something signed; that it does not parse is a refusal, too. */
export async function verifyMaterial(
  parse: () => SignedMaterial,
  options: VerifyOptions,
): Promise<AttachmentVerdict> {
  const { source } = options
  try {
    return { status: 'verified', proof: await verifyBundle(parse(), options) }
  } catch (error) {
    if (error instanceof VerificationError) return { status: 'refused', source, refusal: toRefusal(error) }
    throw error
  }
}

function sourceOf(attachment: Attachment): ProofSource {
  const { kind, manifest } = attachment
  return kind === 'legacy-signature' || kind === 'legacy-attestation'
    ? { kind: 'legacy', layer: attachment.layer, format: 'legacy' }
    : { kind: 'referrer', manifest, format: 'bundle' }
}

import type { BundleKey, SignedMaterial } from '../bundle/signed-bundle.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { parseStatement, statementPayloadType } from '../statement/parse-statement.ts'
import { cosignSignPredicateType } from '../statement/statement.ts'
import { parseCertificate } from '../trust/certificate.ts'
import { DerError } from '../trust/der.ts'
import { fulcioIdentity } from '../trust/fulcio-identity.ts'
import { materialOf } from './attached-material.ts'
import type { Attachment } from './attachment.ts'

/** What something signed says about itself. Nothing of it is verified: whoever wrote it could write anything. */
export type Claim =
  | {
      readonly kind: 'signature' | 'attestation'
      readonly predicateType?: string
      readonly signer?: ClaimedSigner
    }
  | { readonly kind: 'unreadable'; readonly reason: string }

type ClaimedSigner =
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string }
  | { readonly kind: 'key'; readonly hint: string }

/** Reads what an attachment claims, without judging it. */
export function claimOf(attachment: Attachment): Claim {
  if (attachment.kind === 'unusable') return { kind: 'unreadable', reason: attachment.refusal.message }
  try {
    const material = materialOf(attachment)
    return { ...contentOf(material), ...signerOf(material.key) }
  } catch (error) {
    if (error instanceof VerificationError || error instanceof DerError)
      return { kind: 'unreadable', reason: error.message }
    throw error
  }
}

function contentOf({
  content,
}: SignedMaterial): Extract<Claim, { readonly kind: 'signature' | 'attestation' }> {
  if (content.kind !== 'dsse') return { kind: 'signature' }
  if (content.payloadType !== statementPayloadType) return { kind: 'attestation' }
  const { predicateType } = parseStatement(content.payload)
  return { kind: predicateType === cosignSignPredicateType ? 'signature' : 'attestation', predicateType }
}

function signerOf(key: BundleKey): { readonly signer?: ClaimedSigner } {
  if (key.kind === 'hint') return key.hint === '' ? {} : { signer: { kind: 'key', hint: key.hint } }
  const { subject, issuer } = fulcioIdentity(parseCertificate(key.certificate))
  return { signer: { kind: 'certificate', subject, issuer } }
}

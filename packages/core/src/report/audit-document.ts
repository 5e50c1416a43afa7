import { readProvenance, type Provenance } from '../statement/slsa-provenance.ts'
import type { Proof } from '../verify/proof.ts'
import {
  refusedDocument,
  signatureDocument,
  type RefusedDocument,
  type SignatureDocument,
  type VerificationFacts,
} from './verification-document.ts'

/** What the renderers need of an audit; `ImageAudit` fits. */
export interface AuditFacts extends VerificationFacts {
  readonly missing: readonly string[]
}

/** One image of an audit, or why it could not be audited. */
export type AuditedImage =
  | { readonly image: string; readonly platform?: string; readonly audit: AuditFacts }
  | { readonly image: string; readonly error: { readonly code: string; readonly message: string } }

/** The JSON output of an audit. Its fields only grow within one schema version. */
export interface AuditDocument {
  readonly schema: 'assay.audit/v1'
  /** Whether every image could be read; what was found in them is no matter of yes or no. */
  readonly ok: boolean
  readonly images: readonly AuditedImageDocument[]
}

export type AuditedImageDocument =
  | {
      readonly image: string
      readonly subject: string
      readonly platform?: string
      readonly signed: readonly AuditedSignature[]
      readonly missing: readonly string[]
      readonly refused: readonly RefusedDocument[]
    }
  | { readonly image: string; readonly error: { readonly code: string; readonly message: string } }

/** Who signed, as `verify` reports it, and what the provenance says, where it is one. */
export interface AuditedSignature extends SignatureDocument {
  readonly provenance?: Provenance
}

export function auditDocument(images: readonly AuditedImage[]): AuditDocument {
  return {
    schema: 'assay.audit/v1',
    ok: images.every((image) => 'audit' in image),
    images: images.map(imageDocument),
  }
}

function imageDocument(audited: AuditedImage): AuditedImageDocument {
  if (!('audit' in audited)) return audited
  const { image, platform, audit } = audited
  return {
    image,
    subject: audit.subject,
    ...(platform !== undefined && { platform }),
    signed: audit.proofs.map(auditedSignature),
    missing: audit.missing,
    refused: audit.refused.map(refusedDocument),
  }
}

function auditedSignature(proof: Proof): AuditedSignature {
  const provenance = proof.content.kind === 'statement' ? readProvenance(proof.content.statement) : undefined
  return { ...signatureDocument(proof), ...(provenance !== undefined && { provenance }) }
}

// Statements and bundles, the trust in those who sign them, and what of it is proven.

export type { Attachment } from '../attach/attachment.ts'
export { findAttachments, maxReferrers } from '../attach/find-attachments.ts'
export { verifyAttachment, type AttachmentVerdict } from '../attach/verify-attachment.ts'
export { unmetBy, verifyImage } from '../attach/verify-image.ts'
export type { ImageDemand, ImageVerification, RefusedAttachment } from '../attach/verify-image.ts'
export { maxBundleSize, parseBundle } from '../bundle/parse-bundle.ts'
export type {
  BundleContent,
  BundleKey,
  LogEntry,
  SignedBundle,
  SignedMaterial,
} from '../bundle/signed-bundle.ts'
export { parseStatement } from '../statement/parse-statement.ts'
export { predicateAlias, predicateAliases, predicateTypeOf } from '../statement/predicate-types.ts'
export { cosignSignPredicateType } from '../statement/statement.ts'
export type { Statement, Subject } from '../statement/statement.ts'
export { embeddedTrustRoot, embeddedTrustRootDocument } from '../trust/embedded-trust-root.ts'
export { fulcioExtensionNames } from '../trust/fulcio-identity.ts'
export { emptyTrustRoot, withOwnAuthorities } from '../trust/own-authorities.ts'
export type { OwnAuthorities } from '../trust/own-authorities.ts'
export { parseTrustRoot } from '../trust/parse-trust-root.ts'
export { parsePublicKey } from '../trust/public-key.ts'
export type { KeyAlgorithm, Period, TrustedKey } from '../trust/public-key.ts'
export { TrustError, type TrustCode } from '../trust/trust-error.ts'
export type { TrustRoot } from '../trust/trust-root.ts'
export { matchContent, type ContentDemand } from '../verify/match-content.ts'
export { matchSigner } from '../verify/match-signer.ts'
export type { IdentityPattern, SignerDemand } from '../verify/match-signer.ts'
export type { Identity } from '../trust/identity.ts'
export type {
  Proof,
  ProofContent,
  ProofSource,
  Signer,
  VerifiedLogEntry,
  VerifiedTime,
  Weakening,
} from '../verify/proof.ts'
export type { Refusal } from '../refusal/refusal.ts'
export { compilePattern, PatternError, type TextPattern } from '../verify/text-pattern.ts'
export { VerificationError } from '../refusal/verification-error.ts'
export type { VerificationCode, VerificationStep } from '../refusal/verification-error.ts'
export { verifyBundle, type VerifyOptions } from '../verify/verify-bundle.ts'
export { readProvenance } from '../statement/slsa-provenance.ts'
export type { Provenance } from '../statement/slsa-provenance.ts'
export { attachBundle, type AttachedBundle, type BundleAttachment } from '../attach/attach-bundle.ts'
export { printBundle } from '../bundle/print-bundle.ts'
export { attestationStatement } from '../statement/attestation-statement.ts'
export { signatureStatement } from '../statement/signature-statement.ts'
export { StatementError, type StatementCode } from '../statement/statement-error.ts'
export { attachedTree, type AttachedItem, type AttachedTree } from '../attach/attached-tree.ts'
export type { Claim } from '../attach/claims.ts'
export { fetchTrustRoot, fetchTrustRootDocument } from '../trust/fetch-trust-root.ts'
export { fetchTufTarget } from '../trust/tuf-target.ts'
export type { TufRepository } from '../trust/tuf-target.ts'
export { verifyDetached } from '../attach/verify-detached.ts'
export type { DetachedSubject } from '../attach/verify-detached.ts'
export { auditBundle } from '../audit/audit-bundle.ts'
export type { BundleAudit } from '../audit/audit-bundle.ts'
export { auditImage } from '../audit/audit-image.ts'
export type { AuditOptions, ImageAudit } from '../audit/audit-image.ts'
export { imageParts } from '../audit/image-parts.ts'
export type { ImagePart } from '../audit/image-parts.ts'
export { parseDetached } from '../bundle/parse-detached.ts'
export { RecordError } from '../json/record.ts'

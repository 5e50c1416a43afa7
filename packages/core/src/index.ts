export { parsePolicyFile } from './policy/parse-policy-file.ts'
export type { PolicyFile } from './policy/parse-policy-file.ts'
export { describeProblem } from './policy/problem.ts'
export type { PolicyProblem, PolicyWarning, ProblemCode, WarningCode } from './policy/problem.ts'
export type { Attachment } from './attach/attachment.ts'
export { findAttachments, maxReferrers } from './attach/find-attachments.ts'
export { verifyAttachment } from './attach/verify-attachment.ts'
export type { AttachmentVerdict } from './attach/verify-attachment.ts'
export { unmetBy, verifyImage } from './attach/verify-image.ts'
export type { ImageDemand, ImageVerification, RefusedAttachment } from './attach/verify-image.ts'
export { maxBundleSize, parseBundle } from './bundle/parse-bundle.ts'
export type {
  BundleContent,
  BundleKey,
  LogEntry,
  SignedBundle,
  SignedMaterial,
} from './bundle/signed-bundle.ts'
export { parseStatement } from './statement/parse-statement.ts'
export { predicateAlias, predicateAliases, predicateTypeOf } from './statement/predicate-types.ts'
export { cosignSignPredicateType } from './statement/statement.ts'
export type { Statement, Subject } from './statement/statement.ts'
export { embeddedTrustRoot } from './trust/embedded-trust-root.ts'
export { fulcioExtensionNames } from './trust/fulcio-identity.ts'
export { parseTrustRoot } from './trust/parse-trust-root.ts'
export { parsePublicKey } from './trust/public-key.ts'
export type { KeyAlgorithm, Period, TrustedKey } from './trust/public-key.ts'
export { TrustError } from './trust/trust-error.ts'
export type { TrustCode } from './trust/trust-error.ts'
export type { TrustRoot } from './trust/trust-root.ts'
export { matchContent } from './verify/match-content.ts'
export type { ContentDemand } from './verify/match-content.ts'
export { matchSigner } from './verify/match-signer.ts'
export type { IdentityPattern, SignerDemand } from './verify/match-signer.ts'
export type {
  Identity,
  Proof,
  ProofContent,
  ProofSource,
  Signer,
  VerifiedLogEntry,
  VerifiedTime,
  Weakening,
} from './verify/proof.ts'
export type { Refusal } from './verify/refusal.ts'
export { checkPattern, PatternError } from './verify/text-pattern.ts'
export type { TextPattern } from './verify/text-pattern.ts'
export { VerificationError } from './verify/verification-error.ts'
export type { VerificationCode, VerificationStep } from './verify/verification-error.ts'
export { verifyBundle } from './verify/verify-bundle.ts'
export type { VerifyOptions } from './verify/verify-bundle.ts'
export { signatureDocument, verificationDocument } from './report/verification-document.ts'
export type {
  SignatureDocument,
  VerificationDocument,
  VerificationFacts,
} from './report/verification-document.ts'
export { renderVerification } from './report/verification-text.ts'
export { readProvenance } from './statement/slsa-provenance.ts'
export type { Provenance } from './statement/slsa-provenance.ts'

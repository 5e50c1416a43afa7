export { parsePolicyFile } from './policy/parse-policy-file.ts'
export type { PolicyFile } from './policy/parse-policy-file.ts'
export { parsePolicyFiles } from './policy/parse-policy-files.ts'
export { policyLintDocument, renderPolicyLint } from './report/policy-lint.ts'
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
export type { Identity } from './trust/identity.ts'
export type {
  Proof,
  ProofContent,
  ProofSource,
  Signer,
  VerifiedLogEntry,
  VerifiedTime,
  Weakening,
} from './verify/proof.ts'
export type { Refusal } from './refusal/refusal.ts'
export { compilePattern, PatternError } from './verify/text-pattern.ts'
export type { TextPattern } from './verify/text-pattern.ts'
export { VerificationError } from './refusal/verification-error.ts'
export type { VerificationCode, VerificationStep } from './refusal/verification-error.ts'
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
export { attachBundle } from './attach/attach-bundle.ts'
export type { AttachedBundle, BundleAttachment } from './attach/attach-bundle.ts'
export { printBundle } from './bundle/print-bundle.ts'
export { encryptPrivateKey, openPrivateKey } from './sign/keys/encrypted-key.ts'
export { generateKeyPair, isNewKeyAlgorithm, newKeyAlgorithms } from './sign/keys/generate-key-pair.ts'
export type { KeyPairFiles, NewKeyAlgorithm } from './sign/keys/generate-key-pair.ts'
export { readPrivateKeyFile, readPublicKeyFile, writeKeyFiles } from './sign/keys/key-files.ts'
export type { WrittenKeyFiles } from './sign/keys/key-files.ts'
export { publicKeyPem } from './sign/keys/private-key.ts'
export type { PrivateKey } from './sign/keys/private-key.ts'
export { isServiceUrl, parseSigningConfig } from './sign/services/signing-config.ts'
export type { SigningConfig } from './sign/services/signing-config.ts'
export { fulcioUrlOf, witnessesOf } from './sign/services/signing-services.ts'
export type { WitnessChoice } from './sign/services/signing-services.ts'
export type { ServiceAccess } from './sign/services/service-call.ts'
export { attestImage, signImage } from './sign/sign-image.ts'
export type {
  AttestImageOptions,
  ImageInStore,
  ImageSigningOptions,
  SignedImage,
  SignImageOptions,
} from './sign/sign-image.ts'
export { parseIdentityToken } from './sign/signers/identity-token.ts'
export type { IdentityToken } from './sign/signers/identity-token.ts'
export { keySigner } from './sign/signers/key-signer.ts'
export { keylessSigner } from './sign/signers/keyless-signer.ts'
export type { MessageSigner } from './sign/signers/signer.ts'
export { SigningError } from './sign/signing-error.ts'
export type { SigningCode } from './sign/signing-error.ts'
export { rekorV1Witness } from './sign/witnesses/rekor-v1.ts'
export { rekorV2Witness } from './sign/witnesses/rekor-v2.ts'
export { timestampWitness } from './sign/witnesses/timestamp-witness.ts'
export type { Witness } from './sign/witnesses/witness.ts'
export { attestationStatement } from './statement/attestation-statement.ts'
export { signatureStatement } from './statement/signature-statement.ts'
export { StatementError } from './statement/statement-error.ts'
export type { StatementCode } from './statement/statement-error.ts'
export { openImage } from './source/open-image.ts'
export type { Connection, OpenedImage, OpenOptions } from './source/open-image.ts'
export { fetchTrustRoot } from './trust/fetch-trust-root.ts'
export { fetchTufTarget } from './trust/tuf-target.ts'
export type { TufRepository } from './trust/tuf-target.ts'
export { parseDuration } from './policy/duration.ts'
export { GateError } from './gate/gate-error.ts'
export type { GateErrorCode } from './gate/gate-error.ts'
export { gateImages } from './gate/gate-images.ts'
export type { GateOptions } from './gate/gate-images.ts'
export type { GateIo } from './gate/gate-io.ts'
export type { ImageRequest } from './gate/facts.ts'
export type { Decision, GateReport, Outcome, PolicyOutcome } from './policy/decision.ts'
export { evaluate } from './policy/evaluate.ts'
export type { PolicySet } from './policy/evaluate.ts'
export type { Facts, InspectionFact, ObjectFact } from './policy/facts.ts'
export { noLanguages } from './policy/languages/language-runtime.ts'
export type { LanguageRuntime } from './policy/languages/language-runtime.ts'
export type { BrokenPolicy, Policy } from './policy/policy.ts'
export type { Reason, ReasonCode } from './policy/reason.ts'
export type { NamedTrustRoot } from './policy/trust-root-source.ts'
export { gateDocument } from './report/gate-document.ts'
export type { DecisionDocument, GateDocument } from './report/gate-document.ts'
export { renderGate } from './report/gate-text.ts'
export { ImageError } from './image/image-error.ts'
export type { ImageErrorCode } from './image/image-error.ts'
export { LayerError } from './image/layer-error.ts'
export type { LayerErrorCode } from './image/layer-error.ts'
export { loadImages, platformOf } from './image/load-images.ts'
export type { ImageManifest, ImageTree, LoadOptions, OtherManifest } from './image/load-images.ts'
export { matchesPlatform, parsePlatform, platformName } from './image/platform.ts'
export { atLeast, severities } from './inspect/finding.ts'
export type { RuleClass, Severity } from './inspect/finding.ts'
export { inspectImage } from './inspect/inspect-image.ts'
export type { InspectOptions } from './inspect/inspect-image.ts'
export type {
  EvidenceReport,
  FindingReport,
  ImageReport,
  InspectionReport,
  LayerReport,
} from './inspect/inspection-report.ts'
export type { Verdict } from './inspect/verdict.ts'
export type { FileReport, FileState, ImageFiles } from './inspect/files/file-report.ts'
export { listFiles } from './inspect/files/list-files.ts'
export type { FilesReport, FilesView, ListFilesOptions } from './inspect/files/list-files.ts'
export { renderFiles } from './report/files-text.ts'
export { renderInspection } from './report/inspection-text.ts'
export { inspectionFact } from './gate/inspection-fact.ts'
export { workerLanguages } from './gate/languages/worker-languages.ts'
export type { WorkerLanguages, WorkerLanguagesOptions } from './gate/languages/worker-languages.ts'
export { namedTrustRoots } from './gate/named-trust-roots.ts'

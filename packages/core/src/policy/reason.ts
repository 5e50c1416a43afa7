import type { ImagePlace } from './image-place.ts'

/** Why something is not allowed, in classes that a machine can tell apart. */
export type ReasonCode =
  // No: the evidence says so.
  | 'IMAGE_REFUSED'
  | 'NO_POLICY_MATCHES'
  | 'STATIC_FAIL'
  | 'DIGEST_REQUIRED'
  | 'UNPROVEN_TAG'
  | 'NO_SIGNATURE'
  | 'NO_ATTESTATION'
  | 'ATTACHMENT_REFUSED'
  | 'WRONG_FORMAT'
  | 'WRONG_SIGNER'
  | 'IDENTITY_MISMATCH'
  | 'EXTENSION_MISMATCH'
  | 'NO_VERIFIED_TIME'
  | 'NO_TIMESTAMP'
  | 'WRONG_LOG'
  | 'TOO_OLD'
  | 'PROGRAM_REFUSED'
  | 'PROVENANCE_MISMATCH'
  | 'SUMMARY_MISMATCH'
  | 'NOT_DISTROLESS'
  /** A signed inspection was made to overlook what the policy does not. */
  | 'INSPECTION_WEAKENED'
  | 'NOT_ENOUGH_AUTHORITIES'
  | 'EXCEPTION_EXPIRED'
  /** What a manifest has a container start is not in the image. */
  | 'CANNOT_START'
  | 'RUNS_AS_ROOT'
  | 'READ_ONLY_ROOT'
  // Could not tell.
  | 'POLICY_NOT_LOADED'
  | 'IMAGE_UNAVAILABLE'
  /** The time for one image was over. */
  | 'DEADLINE'
  /** Which image it is, only a run could tell: a variable, an expression, a build. */
  | 'IMAGE_UNKNOWN'
  | 'EVIDENCE_UNAVAILABLE'
  | 'INSPECTION_UNAVAILABLE'
  | 'INSPECTION_INCOMPLETE'
  | 'KEY_UNRESOLVED'
  | 'TRUST_ROOT_UNRESOLVED'
  | 'PROGRAM_UNRESOLVED'
  | 'PROGRAM_UNDECIDED'
  | 'LANGUAGE_UNAVAILABLE'
  | 'OBJECT_UNKNOWN'
  | 'NOT_SUPPORTED'
  | 'FIT_UNKNOWN'
  // Let through all the same, and said.
  | 'EXCEPTION_APPLIED'
  | 'NO_MATCH_ALLOWED'
  | 'BREAK_GLASS_APPLIED'
  | 'BREAK_GLASS_REFUSED'
  | 'ERROR_ALLOWED'
  /** A verification summary was asked for, and this image gets none. */
  | 'NO_SUMMARY'

/** At which step of the decision it came up, in their order. */
export type ReasonStep =
  | 'load'
  | 'match'
  | 'resolve'
  | 'fetch'
  | 'verify'
  | 'identity'
  | 'time'
  | 'content'
  | 'program'
  | 'inspect'
  | 'combine'
  | 'exception'
  | 'fit'

/** One reason, as plain data that every renderer can print; texts from outside are redacted when printed. */
export interface Reason {
  readonly code: ReasonCode
  readonly step: ReasonStep
  readonly message: string
  /** What it is about: an attachment's digest, a file and line. */
  readonly on?: string
  /** Where in a manifest it is, where that is another place than the image's name. */
  readonly place?: ImagePlace
  readonly expected?: string
  readonly got?: string
  readonly hint?: string
}

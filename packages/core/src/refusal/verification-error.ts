import { CodedError, type ErrorDetails } from '@assay/registry'

/** Every way in which something signed can fail to hold. */
export type VerificationCode =
  /** The bundle, envelope or legacy annotations are not what their format says. */
  | 'MALFORMED_BUNDLE'
  /** A bundle version, log entry kind or field that we do not know: refused, never ignored. */
  | 'UNSUPPORTED_FORMAT'
  | 'MALFORMED_STATEMENT'
  /** A DSSE envelope of something else than an in-toto statement. */
  | 'WRONG_PAYLOAD_TYPE'
  /** What was signed speaks about another artifact. */
  | 'SUBJECT_MISMATCH'
  /** A statement of another type than the one asked for. */
  | 'PREDICATE_TYPE_MISMATCH'
  | 'ANNOTATION_MISMATCH'
  /** No trusted key, or none that made this signature's claim. */
  | 'UNTRUSTED_KEY'
  /** Outside the allowed algorithms and sizes. */
  | 'UNSUPPORTED_KEY'
  | 'KEY_NOT_VALID_AT_TIME'
  /** No chain to a trusted authority that was valid at the signing time. */
  | 'UNTRUSTED_CERTIFICATE'
  | 'CERTIFICATE_NOT_VALID_AT_TIME'
  /** The certificate itself breaks the code signing profile. */
  | 'INVALID_CERTIFICATE'
  | 'MISSING_SCT'
  | 'INVALID_SCT'
  | 'MISSING_LOG_ENTRY'
  | 'DUPLICATE_LOG_ENTRY'
  /** The log's signature over the entry (SET) does not hold. */
  | 'INVALID_LOG_PROMISE'
  /** The Merkle proof does not lead to the checkpoint. */
  | 'INVALID_LOG_PROOF'
  /** The checkpoint is malformed, or not signed by the log. */
  | 'INVALID_CHECKPOINT'
  /** A valid log entry about something else: another digest, signature, key or certificate. */
  | 'LOG_ENTRY_MISMATCH'
  /** Neither a log nor a timestamp authority vouches for the time of signing. */
  | 'MISSING_TIMESTAMP'
  | 'INVALID_TIMESTAMP'
  /** A time later than now. */
  | 'TIME_IN_FUTURE'
  | 'INVALID_SIGNATURE'
  /** A key where a certificate is demanded, or the other way round. */
  | 'WRONG_SIGNER_KIND'
  | 'IDENTITY_MISMATCH'
  | 'ISSUER_MISMATCH'
  | 'EXTENSION_MISMATCH'
  /** The verified time is older than the demand allows. */
  | 'TOO_OLD'
  /** The attachment itself could not be used: too large, or an unexpected form. */
  | 'UNUSABLE_ATTACHMENT'

/** The steps of verification, in the order in which they run (docs/verification.md). */
export type VerificationStep =
  | 'attachment'
  | 'bundle'
  | 'statement'
  | 'subject'
  | 'key'
  | 'transparency-log'
  | 'log-entry'
  | 'timestamp'
  | 'certificate'
  | 'sct'
  | 'signature'
  | 'identity'
  | 'content'

/** Why something signed does not count, with the step that found it. */
export class VerificationError extends CodedError<VerificationCode> {
  readonly step: VerificationStep

  constructor(
    code: VerificationCode,
    message: string,
    details: ErrorDetails & { readonly step: VerificationStep },
  ) {
    super(code, message, details)
    this.step = details.step
  }
}

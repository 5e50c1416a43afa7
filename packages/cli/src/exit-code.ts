import { CommanderError } from 'commander'
import { CodedError, RegistryError, type RegistryErrorCode } from '@assay/registry'
import {
  ExceptionListError,
  GateError,
  ImageError,
  PatternError,
  RecordError,
  RecordingError,
  SigningError,
  StatementError,
  TrustError,
  VerificationError,
  type GateErrorCode,
  type ImageErrorCode,
  type SigningCode,
  type TrustCode,
} from '@assay/core'
import { UsageError } from './usage-error.ts'

/**
 * 0 yes: allowed, verified, nothing found at the threshold. 1 no: a check failed, bytes do not hold, a policy
 * denies. 2 the request is wrong. 3 could not tell: not found, unreachable, out of time, undecidable.
 */
export type ExitCode = 0 | 1 | 2 | 3

const registryCodes: Readonly<Record<RegistryErrorCode, ExitCode>> = {
  INVALID_REFERENCE: 2,
  AMBIGUOUS_REFERENCE: 2,
  NOT_FOUND: 3,
  CONTENT_MISMATCH: 1,
  MALFORMED_CONTENT: 1,
  LIMIT_EXCEEDED: 3,
  UNAUTHORIZED: 3,
  UNREACHABLE: 3,
  RATE_LIMITED: 3,
  TIMED_OUT: 3,
  PROTOCOL_ERROR: 3,
  UNSUPPORTED: 2,
  WRITE_FAILED: 3,
  INVALID_CREDENTIALS: 2,
  ABORTED: 3,
}

const signingCodes: Readonly<Record<SigningCode, ExitCode>> = {
  MALFORMED_KEY: 2,
  UNSUPPORTED_KEY: 2,
  WRONG_PASSWORD: 2,
  KEY_FILE_EXISTS: 2,
  KEY_FILE_UNREADABLE: 2,
  KEY_FILE_UNSAFE: 2,
  KEY_PLUGIN_FAILED: 3,
  NO_KEY_ACCESS: 2,
  WRITE_FAILED: 3,
  MALFORMED_SIGNING_CONFIG: 2,
  NO_SERVICE: 3,
  MALFORMED_TOKEN: 2,
  TOKEN_EXPIRED: 2,
  NO_IDENTITY: 2,
  SERVICE_UNREACHABLE: 3,
  SERVICE_TIMED_OUT: 3,
  SERVICE_REFUSED: 3,
  SERVICE_MISBEHAVED: 3,
  NOT_LOGGED: 1,
  NOT_VERIFIABLE: 1,
}

const trustCodes: Readonly<Record<TrustCode, ExitCode>> = {
  MALFORMED_TRUST_ROOT: 2,
  MALFORMED_KEY: 2,
  UNSUPPORTED_KEY: 2,
  TRUST_ROOT_UNAVAILABLE: 3,
}

const imageCodes: Readonly<Record<ImageErrorCode, ExitCode>> = {
  NOT_AN_IMAGE: 1,
  UNKNOWN_PLATFORM: 2,
  MALFORMED_CONFIG: 1,
  SEVERAL_PLATFORMS: 2,
  INCOMPLETE_INVENTORY: 3,
  NO_SUCH_FILE: 1,
  NOT_A_FILE: 1,
  UNREAD_LAYER: 3,
  LIMIT_EXCEEDED: 3,
}

const gateCodes: Readonly<Record<GateErrorCode, ExitCode>> = {
  NO_IMAGES: 2,
  UNSUPPORTED: 2,
  UNKNOWN_TRUST_ROOT: 2,
  CONFLICTING_TRUST_ROOTS: 2,
  UNKNOWN_KEY: 3,
  PROGRAM_UNAVAILABLE: 3,
  PROGRAM_MISMATCH: 3,
  WRONG_IMAGE: 1,
}

const patternCodes: Readonly<Record<PatternError['code'], ExitCode>> = { INVALID_PATTERN: 2 }

const recordCodes: Readonly<Record<(RecordError | RecordingError)['code'], ExitCode>> = {
  MALFORMED_RECORD: 2,
  RECORDING_UNREADABLE: 3,
  RECORDING_CHANGED: 3,
}

const usageCodes: Readonly<Record<UsageError['code'], ExitCode>> = {
  USAGE: 2,
  UNREADABLE_FILE: 2,
  PASSWORD_REQUIRED: 2,
  DECLINED: 2,
  INVALID_POLICY: 2,
}

/** By class first: the same word may be a bad request in one place and bad bytes in another. */
function codedExit(error: CodedError): ExitCode {
  if (error instanceof RegistryError) return registryCodes[error.code]
  if (error instanceof SigningError) return signingCodes[error.code]
  if (error instanceof TrustError) return trustCodes[error.code]
  if (error instanceof UsageError) return usageCodes[error.code]
  if (error instanceof ImageError) return imageCodes[error.code]
  if (error instanceof GateError) return gateCodes[error.code]
  if (error instanceof RecordError || error instanceof RecordingError) return recordCodes[error.code]
  if (error instanceof VerificationError) return 1
  return requestExit(error)
}

/** What somebody asked for cannot be asked, or cannot be said; whatever is left nobody could tell. */
function requestExit(error: CodedError): ExitCode {
  if (error instanceof PatternError) return patternCodes[error.code]
  return error instanceof ExceptionListError || error instanceof StatementError ? 2 : 3
}

/** The exit code of a failure. A code that no table knows, and a bug of ours, are "could not tell", never "yes". */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CodedError) return codedExit(error)
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return 3
}

/** What the gate's verdict is to a shell. */
export const verdictExit: Readonly<Record<'allow' | 'deny' | 'undecided', ExitCode>> = {
  allow: 0,
  deny: 1,
  undecided: 3,
}

/** The worst of several answers: a certain "no" outranks "could not tell", which outranks "yes". */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  for (const code of [2, 1, 3] as const) if (codes.includes(code)) return code
  return 0
}

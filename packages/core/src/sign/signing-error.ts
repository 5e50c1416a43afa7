import { CodedError } from '@assay/registry'

export type SigningCode =
  /** The key file is not what its format says. */
  | 'MALFORMED_KEY'
  /** A key outside the algorithms and sizes that we sign with, or that the chosen log takes. */
  | 'UNSUPPORTED_KEY'
  | 'WRONG_PASSWORD'
  /** Nothing is overwritten without being asked. */
  | 'KEY_FILE_EXISTS'
  | 'KEY_FILE_UNREADABLE'
  /** Others than the owner can read or change the private key. */
  | 'KEY_FILE_UNSAFE'
  /** The program that holds the key is missing, failed, or gave an unusable answer. */
  | 'KEY_PLUGIN_FAILED'
  /** The address or the credentials of the service that keeps the key are missing or malformed. */
  | 'NO_KEY_ACCESS'
  | 'WRITE_FAILED'
  | 'MALFORMED_SIGNING_CONFIG'
  /** The signing config names no service that is valid now and that we speak with, or too few of them. */
  | 'NO_SERVICE'
  | 'MALFORMED_TOKEN'
  | 'TOKEN_EXPIRED'
  /** No identity token where one is needed. */
  | 'NO_IDENTITY'
  | 'SERVICE_UNREACHABLE'
  | 'SERVICE_TIMED_OUT'
  /** The service understood and said no; its reason is in `got`. */
  | 'SERVICE_REFUSED'
  /** The service answered with something that its protocol does not allow, or that is not about what was sent. */
  | 'SERVICE_MISBEHAVED'
  /** The log was asked, and has no entry about this. */
  | 'NOT_LOGGED'
  /** What was signed does not verify against the trust that the verifier would use. */
  | 'NOT_VERIFIABLE'

/** Nothing was signed, or nothing of it was kept. Messages never hold tokens, passwords or keys. */
export class SigningError extends CodedError<SigningCode> {}

import { CodedError } from '@assay/registry'

export type TrustCode =
  /** The trusted root is not what its format says. */
  | 'MALFORMED_TRUST_ROOT'
  /** The key file is not exactly one public key. */
  | 'MALFORMED_KEY'
  /** A key outside the allowed algorithms and sizes. */
  | 'UNSUPPORTED_KEY'
  /** No trusted root could be had: unreachable, expired or refused metadata. */
  | 'TRUST_ROOT_UNAVAILABLE'

/** What was named as trusted cannot be used: the request is wrong, nothing was verified. */
export class TrustError extends CodedError<TrustCode> {}

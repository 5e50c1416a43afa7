import { CodedError } from '@assay/registry'

export type GateErrorCode =
  /** There is nothing to decide about; an empty list is never "all allowed". */
  | 'NO_IMAGES'
  /** Something that a policy asks for is not offered here. */
  | 'UNSUPPORTED'
  /** A TrustRoot that an authority names is in none of the files. */
  | 'UNKNOWN_TRUST_ROOT'
  /** The TrustRoots that one authority names contradict each other. */
  | 'CONFLICTING_TRUST_ROOTS'
  /** A key that is kept elsewhere could not be had. */
  | 'UNKNOWN_KEY'
  /** A program that a policy names by URL could not be had. */
  | 'PROGRAM_UNAVAILABLE'
  /** The URL of a program has another one than the policy means. */
  | 'PROGRAM_MISMATCH'
  /** The place has another image than the one that was decided about. */
  | 'WRONG_IMAGE'

/** The gate cannot do what it is asked. */
export class GateError extends CodedError<GateErrorCode> {}

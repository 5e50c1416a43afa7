import { CodedError } from '@assay/registry'

/** What was remembered cannot be used. It is read anew instead. */
export class FactsError extends CodedError<
  /** Not the bytes that were written: truncated, changed, or written with another key. */
  | 'BROKEN_FACTS'
  /** The bytes that were written, but not what this version writes. */
  | 'MALFORMED_FACTS'
  /** The directory or its key belongs to somebody else, or others can change it. */
  | 'UNSAFE_FACTS'
  /** The directory cannot be read or written. */
  | 'FACTS_UNAVAILABLE'
> {}

interface Malformed {
  readonly expected?: string
  readonly got?: string
  readonly cause?: unknown
}

/** The error for bytes that this code would not have written. */
export function malformedFacts(details: Malformed): FactsError {
  return new FactsError('MALFORMED_FACTS', 'what was remembered is not what is written', details)
}

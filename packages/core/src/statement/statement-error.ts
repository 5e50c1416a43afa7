import { CodedError } from '@assay/registry'

export type StatementCode =
  /** The predicate is not what its type says. */
  | 'MALFORMED_PREDICATE'
  /** The predicate type is neither a known short name nor a URI. */
  | 'INVALID_PREDICATE_TYPE'
  | 'INVALID_ANNOTATION'
  /** The file that is to be signed as it is is no in-toto statement. */
  | 'MALFORMED_STATEMENT'
  /** The statement that is to be signed as it is is about something else. */
  | 'WRONG_SUBJECT'

/** What was asked to be signed cannot be said in a statement. */
export class StatementError extends CodedError<StatementCode> {}

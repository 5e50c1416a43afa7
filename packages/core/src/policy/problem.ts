/** Where something stands in a policy file; both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** What is wrong with a field, in classes that a machine can tell apart. */
export type ProblemCode =
  | 'FILE_TOO_LARGE'
  | 'MALFORMED_YAML'
  | 'NO_POLICY'
  | 'UNKNOWN_KIND'
  | 'UNKNOWN_FIELD'
  | 'DUPLICATE_NAME'
  | 'MISSING_FIELD'
  | 'WRONG_TYPE'
  | 'INVALID_VALUE'
  | 'CONFLICTING_FIELDS'
  /** Legal in the schema, and this version cannot honour it: refused, never ignored. */
  | 'NOT_SUPPORTED'

/** What is legal and probably not what its author meant. */
export type WarningCode =
  | 'UNANCHORED_PATTERN'
  | 'TAG_GLOB'
  | 'SHORT_GLOB'
  | 'UNREACHABLE'
  | 'KEY_WITHOUT_LOG'
  | 'LOG_IGNORED'
  | 'AGE_BY_KEY'
  | 'SAME_SIGNER'
  | 'SEVERAL_KEYS'
  | 'SHORT_PREDICATE_TYPE'
  | 'UNKNOWN_FORMAT'
  | 'SAME_NAME'
  | 'UNKNOWN_SETTING'
  | 'INVALID_SELECTOR'
  | 'WEAKER_SEMANTICS'
  | 'NO_DECISION'
  | 'UNKNOWN_TRUST_ROOT'

/** One thing to fix in a policy file. */
export interface PolicyProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The field, as `spec.authorities[0].key`; empty where the file itself is meant. */
  readonly path: string
  readonly code: ProblemCode
  readonly message: string
  readonly hint?: string
}

export interface PolicyWarning extends Omit<PolicyProblem, 'code'> {
  readonly code: WarningCode
}

/** `file:line:column: message`, the form that editors and annotations understand. */
export function describeProblem(problem: PolicyProblem | PolicyWarning): string {
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}${hint}`
}

/** What a coded error carries besides its message; every field is safe to print once redacted. */
export interface ErrorDetails {
  /** What it was about: a digest, a path, a URL, a reference. */
  readonly on?: string
  readonly expected?: string
  readonly got?: string
  /** The next step for the reader, where there is one. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * An error that a caller can act on: a code from a closed set, what was being done, on what, and why.
 * A plain `Error` means a bug of ours.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly on: string | undefined
  readonly expected: string | undefined
  readonly got: string | undefined
  readonly hint: string | undefined

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.on = details.on
    this.expected = details.expected
    this.got = details.got
    this.hint = details.hint
  }
}

/** Every way in which reaching or reading content can fail. */
export type RegistryErrorCode =
  /** The request itself is malformed: a reference, a platform, an option. */
  | 'INVALID_REFERENCE'
  /** A place holds several images and none was named. */
  | 'AMBIGUOUS_REFERENCE'
  /** Neither the tag nor the digest nor the blob exists there. */
  | 'NOT_FOUND'
  /** Bytes arrived, and their size or digest is not the promised one. */
  | 'CONTENT_MISMATCH'
  /** Bytes arrived, and they are not what the format says. */
  | 'MALFORMED_CONTENT'
  /** Something is larger, deeper or more numerous than the limit. */
  | 'LIMIT_EXCEEDED'
  | 'UNAUTHORIZED'
  /** Connection refused, reset, name unknown, TLS failure. */
  | 'UNREACHABLE'
  | 'RATE_LIMITED'
  /** The deadline of a step or of the whole run passed. */
  | 'TIMED_OUT'
  /** The server answered with something that the protocol does not allow. */
  | 'PROTOCOL_ERROR'
  /** The operation is not offered by this place. */
  | 'UNSUPPORTED'
  /** Writing to the target failed (disk full, permission). */
  | 'WRITE_FAILED'
  /** The credentials at hand cannot be read or parsed. */
  | 'INVALID_CREDENTIALS'
  | 'ABORTED'

/** A failure of `@assay/registry`. */
export class RegistryError extends CodedError<RegistryErrorCode> {}

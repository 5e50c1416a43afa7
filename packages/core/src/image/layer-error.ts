import { CodedError } from '@assay/registry'

export type LayerErrorCode =
  /** The bytes are not a tar that Go's archive/tar reads. */
  | 'MALFORMED_TAR'
  /** The bytes end in the middle of something. */
  | 'TRUNCATED'
  /** The compressed stream is broken. */
  | 'MALFORMED_COMPRESSION'
  /** The compressed stream ended, and bytes that no decoder reads follow it. */
  | 'TRAILING_BYTES'
  /** A compression that container runtimes do not read as a layer. */
  | 'UNSUPPORTED_COMPRESSION'
  | 'LIMIT_EXCEEDED'

/** Why a layer could not be read to its end. The verdict over such a layer is undecidable. */
export class LayerError extends CodedError<LayerErrorCode> {}

/** The error of a limit reached. */
export function limitExceeded(what: string, limit: number, got: string): LayerError {
  return new LayerError('LIMIT_EXCEEDED', `the layer reaches the limit of ${what}`, {
    expected: `at most ${limit}`,
    got,
  })
}

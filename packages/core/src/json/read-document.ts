import { parseStrictJson, RegistryError, type StrictJsonOptions } from '@assay/registry'
import type { JsonNode } from './json-node.ts'

export interface DocumentOptions extends StrictJsonOptions {
  /** Makes the error of the document's own kind. */
  readonly refuse: (message: string, cause?: Error) => Error
  /** Where the document stands in a larger one, for messages. */
  readonly path?: string
}

/**
 * Reads strict JSON as a document, for one field after the other. What is wrong with the bytes becomes an error of the
 * document's own kind; what `interrupt` throws is about nobody's bytes, and passes.
 */
export function readDocument(bytes: Uint8Array, options: DocumentOptions): JsonNode {
  const { refuse, path = '' } = options
  try {
    return { value: parseStrictJson(bytes, options), path, refuse }
  } catch (error) {
    const isWrong =
      error instanceof RegistryError &&
      (error.code === 'MALFORMED_CONTENT' || error.code === 'LIMIT_EXCEEDED')
    throw isWrong ? refuse(error.message, error) : error
  }
}

import { CodedError, parseStrictJson, RegistryError } from '@assay/registry'
import type { JsonNode } from './json-node.ts'

/** A file of ours that somebody names (a record of decisions, a recording) is not what its format says. */
export class RecordError extends CodedError<'MALFORMED_RECORD'> {}

/**
 * The root of a JSON file that somebody names; what is wrong below it is refused by the same words.
 * @throws RecordError MALFORMED_RECORD
 */
export function readRecord(
  bytes: Uint8Array,
  { on, what, hint }: { readonly on: string; readonly what: string; readonly hint: string },
): JsonNode {
  const refuse = (message: string, cause?: unknown): Error =>
    new RecordError('MALFORMED_RECORD', `this is no ${what}: ${message}`, { on, hint, cause })
  try {
    return { value: parseStrictJson(bytes, { on }), path: '', refuse }
  } catch (error) {
    if (error instanceof RegistryError) throw refuse(error.message, error)
    throw error
  }
}

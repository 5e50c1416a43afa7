import { digestAlgorithm, digestHex, type Digest } from '@assay/registry'
import { cosignSignPredicateType } from './statement.ts'
import { StatementError } from './statement-error.ts'

const maxAnnotations = 100

/**
 * The payload of an image signature, byte for byte what gets signed: an in-toto statement v1 with one subject
 * without a name and an empty predicate, as cosign v3 writes it (cmd/cosign/cli/sign).
 * @throws StatementError INVALID_ANNOTATION
 */
export function signatureStatement(
  subject: Digest,
  annotations: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = Object.keys(annotations)
  if (names.length > maxAnnotations) {
    throw new StatementError('INVALID_ANNOTATION', 'there are too many annotations', {
      expected: `at most ${maxAnnotations}`,
      got: String(names.length),
    })
  }
  if (names.includes('')) {
    throw new StatementError('INVALID_ANNOTATION', 'an annotation has no name', { expected: 'name=value' })
  }
  const digest = { [digestAlgorithm(subject)]: digestHex(subject) }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [names.length === 0 ? { digest } : { digest, annotations }],
    predicateType: cosignSignPredicateType,
    predicate: {},
  }
  return Buffer.from(JSON.stringify(statement))
}

import { digestAlgorithm, digestHex, type Digest } from '@assay/registry'
import { checkPredicate } from './predicate-rules.ts'
import { predicateTypeOf } from './predicate-types.ts'
import { StatementError } from './statement-error.ts'

/** The largest predicate that is signed, in bytes. */
const maxPredicateSize: number = 64 * 1024 * 1024

export interface AttestationContent {
  /** A short name of cosign's, or the predicate type itself, a URI. */
  readonly type: string
  /** The predicate file as it is. */
  readonly predicate: Uint8Array
  /** What the subject is called: the repository of the image. */
  readonly subjectName: string
  /** When the statement is made; only predicates of the type "custom" carry it. */
  readonly createdAt: Date
}

/**
 * The payload of an attestation, byte for byte what gets signed: an in-toto statement v0.1 about one subject, as
 * cosign writes it. The predicate keeps the bytes of its file; only `custom` and `spdx` become strings.
 * @throws StatementError MALFORMED_PREDICATE, INVALID_PREDICATE_TYPE
 */
export function attestationStatement(subject: Digest, content: AttestationContent): Uint8Array {
  const predicateType = predicateTypeOf(content.type)
  if (!URL.canParse(predicateType)) {
    throw new StatementError(
      'INVALID_PREDICATE_TYPE',
      'the predicate type is neither a known name nor a URI',
      {
        got: content.type,
      },
    )
  }
  if (content.predicate.byteLength > maxPredicateSize) {
    throw new StatementError('MALFORMED_PREDICATE', 'the predicate is too large', {
      expected: `at most ${maxPredicateSize} bytes`,
      got: `${content.predicate.byteLength} bytes`,
    })
  }
  const head = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType,
    subject: [{ name: content.subjectName, digest: { [digestAlgorithm(subject)]: digestHex(subject) } }],
  })
  return Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"predicate":`),
    predicateOf({ ...content, predicateType }),
    Buffer.from('}'),
  ])
}

/** Numbers of a predicate may not survive a parser: its own bytes are put into the statement, checked. */
function predicateOf(content: AttestationContent & { readonly predicateType: string }): Uint8Array {
  if (content.predicateType === predicateTypeOf('custom')) {
    const Timestamp = `${content.createdAt.toISOString().slice(0, 19)}Z`
    return Buffer.from(JSON.stringify({ Data: textOf(content), Timestamp }))
  }
  if (content.type === 'spdx') return Buffer.from(JSON.stringify(textOf(content)))
  checkPredicate(content.predicateType, content.predicate)
  return content.predicate
}

function textOf(content: AttestationContent & { readonly predicateType: string }): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content.predicate)
  } catch (error) {
    throw new StatementError('MALFORMED_PREDICATE', 'the predicate is not UTF-8 text', {
      on: content.predicateType,
      cause: error,
    })
  }
}

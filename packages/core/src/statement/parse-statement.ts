import { isDigest, type Interruptible } from '@assay/registry'
import { VerificationError } from '../refusal/verification-error.ts'
import {
  field,
  isMissing,
  listOf,
  noCaseTwins,
  objectOf,
  optional,
  textMapOf,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import type { Statement, Subject } from './statement.ts'

/** The payload type of in-toto statements: compared as it stands, without parameters or other spellings. */
export const statementPayloadType = 'application/vnd.in-toto+json'

const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'] as const
/** The most subjects that a statement may have; bounds the work of comparing. */
const maxSubjects = 10_000

/**
 * Reads an in-toto statement (in-toto/attestation spec/v1/statement.md). A key that stands twice, a key that
 * differs in case only, a missing or null subject are refused: two readers could see two statements.
 * @throws VerificationError MALFORMED_STATEMENT
 */
export function parseStatement(payload: Uint8Array, reading: Interruptible = {}): Statement {
  const limits = { maxDepth: 128, maxValues: 2_000_000 }
  const document = readDocument(payload, { on: 'statement', refuse: malformed, ...limits, ...reading })
  noCaseTwins(document, ['_type', 'subject', 'predicateType', 'predicate'])
  const type = statementTypes.find((known) => known === textOf(field(document, '_type')))
  if (type === undefined) throw malformed('_type is not that of an in-toto statement v1 or v0.1')
  const subject = listOf(field(document, 'subject'), maxSubjects).map(toSubject)
  if (subject.length === 0) throw malformed('the statement has no subject')
  const predicateType = textOf(field(document, 'predicateType'))
  if (predicateType === '') throw malformed('predicateType is empty')
  const predicate = field(document, 'predicate')
  if (!isMissing(predicate)) objectOf(predicate)
  return { type, subject, predicateType, predicate: predicate.value ?? {} }
}

function toSubject(node: JsonNode): Subject {
  noCaseTwins(node, ['name', 'digest', 'annotations'])
  const name = optional(field(node, 'name'), textOf)
  const digest = textMapOf(field(node, 'digest'))
  noCaseTwins(field(node, 'digest'), ['sha256', 'sha512'])
  if (Object.keys(digest).length === 0) throw malformed(`${node.path}.digest is empty`)
  for (const algorithm of ['sha256', 'sha512']) {
    const hex = digest[algorithm]
    if (hex !== undefined && !isDigest(`${algorithm}:${hex}`))
      throw malformed(`${node.path}.digest.${algorithm} is not lower-case hexadecimal of the right length`)
  }
  const annotations = optional(field(node, 'annotations'), objectOf)
  return { ...(name !== undefined && { name }), digest, ...(annotations !== undefined && { annotations }) }
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_STATEMENT', 'the payload is not a statement', {
    step: 'statement',
    got,
    cause,
  })
}

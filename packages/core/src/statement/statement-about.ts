import { digestAlgorithm, digestHex, type Digest } from '@assay/registry'
import { VerificationError } from '../refusal/verification-error.ts'
import { parseStatement } from './parse-statement.ts'
import { StatementError } from './statement-error.ts'
import type { Statement } from './statement.ts'

/**
 * Reads a statement that somebody wants signed as it is: it has to be a statement, and about this subject.
 * @throws StatementError MALFORMED_STATEMENT, WRONG_SUBJECT
 */
export function statementAbout(subject: Digest, bytes: Uint8Array): Statement {
  const statement = parse(bytes)
  const [algorithm, hex] = [digestAlgorithm(subject), digestHex(subject)]
  if (statement.subject.some(({ digest }) => digest[algorithm] === hex)) return statement
  throw new StatementError('WRONG_SUBJECT', 'the statement is about something else', {
    expected: subject,
    got: statement.subject
      .map(({ digest }) => Object.entries(digest).map(([name, value]) => `${name}:${value}`))
      .join(', ')
      .slice(0, 300),
  })
}

function parse(bytes: Uint8Array): Statement {
  try {
    return parseStatement(bytes)
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    const { got } = error
    throw new StatementError('MALFORMED_STATEMENT', 'the file is not an in-toto statement', {
      ...(got !== undefined && { got }),
      cause: error,
    })
  }
}

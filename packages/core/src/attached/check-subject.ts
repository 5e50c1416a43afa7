import { digestAlgorithm, digestHex, type Digest } from '@assay/registry'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import { claimedSubject } from '../bundle/claimed-subject.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { parseStatement } from '../statement/parse-statement.ts'

/**
 * Refuses what was signed about something else than the image: nobody would ever find it to be a proof. Whether it is
 * one, this does not say. Gives the predicate type of a statement.
 * @throws VerificationError SUBJECT_MISMATCH, MALFORMED_STATEMENT
 */
export function checkSubject(material: SignedMaterial, subject: Digest): { readonly predicateType?: string } {
  if (material.content.kind !== 'dsse') {
    const claimed = claimedSubject(material)
    if (claimed !== undefined && claimed !== subject) throw mismatch(subject, claimed)
    return {}
  }
  const statement = parseStatement(material.content.payload)
  const algorithm = digestAlgorithm(subject)
  const isAbout = statement.subject.some(({ digest }) => digest[algorithm] === digestHex(subject))
  if (!isAbout) throw mismatch(subject, claimedSubject(material) ?? 'another subject')
  return { predicateType: statement.predicateType }
}

function mismatch(expected: Digest, got: string): VerificationError {
  return new VerificationError(
    'SUBJECT_MISMATCH',
    'what was signed is about something else than this image',
    {
      step: 'statement',
      on: expected,
      expected,
      got,
    },
  )
}

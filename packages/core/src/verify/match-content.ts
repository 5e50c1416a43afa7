import { cosignSignPredicateType } from '../statement/statement.ts'
import type { Proof } from './proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** What must have been signed. */
export type ContentDemand =
  /** A signature, and nothing that merely speaks about the image; with these annotations, if any. */
  | { readonly kind: 'signature'; readonly annotations?: Readonly<Record<string, string>> }
  /** A signature over the bytes of a file themselves. */
  | { readonly kind: 'blob' }
  /** A statement of this predicate type, compared as a whole. */
  | { readonly kind: 'attestation'; readonly predicateType: string }

/**
 * Step "content": whether what a proof proves is what is demanded; undefined where it is. An attestation is never
 * a signature, whoever made it, and the annotations must stand in the very signature that counts.
 */
export function matchContent(proof: Proof, demand: ContentDemand): Refusal | undefined {
  const { content } = proof
  if (demand.kind === 'attestation') {
    const type = content.kind === 'statement' ? content.statement.predicateType : 'a signature'
    return type === demand.predicateType ? undefined : wrongType(demand.predicateType, type)
  }
  if (demand.kind === 'blob')
    return content.kind === 'blob' ? undefined : wrongType('a signature over a file', 'a statement')
  if (content.kind === 'blob') return wrongType('an image signature', 'a signature over a file')
  if (content.kind === 'simple-signing')
    return matchAnnotations(content.payload.annotations, demand.annotations)
  if (content.statement.predicateType !== cosignSignPredicateType)
    return wrongType(cosignSignPredicateType, content.statement.predicateType)
  return matchAnnotations(content.meant.annotations ?? {}, demand.annotations)
}

function matchAnnotations(
  actual: Readonly<Record<string, unknown>>,
  demanded: Readonly<Record<string, string>> = {},
): Refusal | undefined {
  for (const [name, value] of Object.entries(demanded)) {
    const got = Object.hasOwn(actual, name) ? actual[name] : undefined
    if (got !== value)
      return toRefusal(
        new VerificationError('ANNOTATION_MISMATCH', 'the signature does not carry the annotation', {
          step: 'content',
          expected: `${name}=${value}`,
          got:
            got === undefined
              ? `no ${name}`
              : `${name}=${typeof got === 'string' ? got : JSON.stringify(got)}`,
        }),
      )
  }
  return undefined
}

function wrongType(expected: string, got: string): Refusal {
  return toRefusal(
    new VerificationError('PREDICATE_TYPE_MISMATCH', 'it is a statement of another type', {
      step: 'content',
      expected,
      got,
    }),
  )
}

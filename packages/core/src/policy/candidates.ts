import { cosignSignPredicateType } from '../statement/statement.ts'
import type { Proof, ProofContent } from '../verify/proof.ts'
import type { SignedAuthority } from './policy.ts'

/** What a rule looks for among the proofs. */
export type Wanted =
  | { readonly kind: 'signature' }
  | { readonly kind: 'attestation'; readonly predicateType: string }

/** The proofs that are of the wanted kind at all, whoever signed them. */
export function candidatesOf(proofs: readonly Proof[], wanted: Wanted): readonly Proof[] {
  return proofs.filter(({ content }) => isWanted(content, wanted))
}

/** Whether the proof comes in the form that the authority accepts. */
export function hasFormat(proof: Proof, format: SignedAuthority['signatureFormat']): boolean {
  return format === 'auto' || proof.source.format === format
}

/** A name for where a proof comes from. */
export function sourceOf({ source }: Proof): string {
  if (source.kind === 'referrer') return source.manifest.digest
  return source.kind === 'legacy' ? source.layer.digest : 'a bundle file'
}

function isWanted(content: ProofContent, wanted: Wanted): boolean {
  if (wanted.kind === 'signature') {
    // A signature is a signature: no other statement about the same digest is one.
    if (content.kind === 'simple-signing') return true
    return content.kind === 'statement' && content.statement.predicateType === cosignSignPredicateType
  }
  return content.kind === 'statement' && isOfType(content.statement.predicateType, wanted.predicateType)
}

/** OpenVEX appends its version to the type; everything else is compared exactly. */
function isOfType(actual: string, wanted: string): boolean {
  if (wanted === 'https://openvex.dev/ns') return actual === wanted || actual.startsWith(`${wanted}/v`)
  return actual === wanted
}

import type { Proof } from '../verify/proof.ts'
import type { Met } from './decision.ts'

/**
 * How many of the met authorities can be given a signer of their own: the same key, or the same identity, counts
 * once. An authority without signers (static pass) is its own.
 */
export function distinctSigners(authorities: readonly Met[]): number {
  const choices = authorities.map((authority, index) => {
    const signers = signersOf(authority)
    return signers.size === 0 ? new Set([`authority ${index}`]) : signers
  })
  const taken = new Map<string, number>()
  return choices.filter((_, index) => assign(index, { choices, taken, tried: new Set() })).length
}

interface Assignment {
  readonly choices: readonly ReadonlySet<string>[]
  /** Who has which signer. */
  readonly taken: Map<string, number>
  readonly tried: Set<string>
}

/** Gives an authority a free signer, moving others to another one of theirs if need be (augmenting paths). */
function assign(index: number, assignment: Assignment): boolean {
  const { choices, taken, tried } = assignment
  for (const signer of choices[index] ?? []) {
    if (tried.has(signer)) continue
    tried.add(signer)
    const holder = taken.get(signer)
    if (holder !== undefined && !assign(holder, assignment)) continue
    taken.set(signer, index)
    return true
  }
  return false
}

function signersOf({ by, parts }: Met): ReadonlySet<string> {
  const own = by.flatMap((evidence) => (evidence.kind === 'proof' ? [nameOf(evidence.proof)] : []))
  const inner = parts.flatMap((part) => (part.status === 'met' ? [...signersOf(part)] : []))
  return new Set([...own, ...inner])
}

function nameOf({ signer }: Proof): string {
  if (signer.kind === 'key') return JSON.stringify(['key', signer.keyId])
  return JSON.stringify(['certificate', signer.identity.issuer, signer.identity.subject])
}

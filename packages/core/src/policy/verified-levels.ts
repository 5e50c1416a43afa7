import type { Proof } from '../verify/proof.ts'
import type { Decision, Outcome, PolicyOutcome } from './decision.ts'
import type { AttestationRule, Policy } from './policy.ts'
import { buildLevel } from './provenance-rule.ts'

/**
 * The levels that a decision rests on: of provenance that met a rule about it, and of summaries by other verifiers
 * what the policies asked of them.
 */
export function verifiedLevels({ policies }: Decision, all: readonly Policy[]): readonly string[] {
  return policies.flatMap((outcome) => {
    const policy = all.find(({ name }) => name === outcome.policy)
    // What the owner of a namespace believes is not what the cluster does.
    return policy === undefined || policy.namespace !== undefined ? [] : levelsOf(outcome, policy)
  })
}

function levelsOf({ outcome, effect }: PolicyOutcome, { authorities }: Policy): readonly string[] {
  if (outcome.status !== 'met' || effect !== 'counts') return []
  const asked = outcome.parts.filter(({ rule }) => rule.kind === 'authorities').flatMap(({ parts }) => parts)
  return asked.flatMap((part, index) => {
    const authority = authorities[index]
    if (part.status !== 'met' || authority?.kind !== 'signed') return []
    return part.parts.flatMap((each, place) => {
      const rule = authority.attestations[place]
      return rule === undefined ? [] : attestedLevels(each, rule)
    })
  })
}

function attestedLevels(outcome: Outcome, rule: AttestationRule): readonly string[] {
  if (outcome.status !== 'met') return []
  if (rule.summary !== undefined) return rule.summary.levels
  if (rule.provenance === undefined) return []
  return proofsOf(outcome).map((proof) => `SLSA_BUILD_LEVEL_${buildLevel(proof)}`)
}

/** What made an outcome met, in it and below it. */
export function proofsOf(outcome: Outcome): readonly Proof[] {
  if (outcome.status !== 'met') return []
  const own = outcome.by.flatMap((evidence) => (evidence.kind === 'proof' ? [evidence.proof] : []))
  return [...own, ...outcome.parts.flatMap(proofsOf)]
}

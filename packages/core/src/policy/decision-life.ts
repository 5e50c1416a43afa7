import type { Proof } from '../verify/proof.ts'
import type { Decision, PolicyOutcome } from './decision.ts'
import type { Policy } from './policy.ts'
import { timeVerifiedOf } from './summary-rule.ts'
import { proofsOf } from './verified-levels.ts'

/** How long a yes is remembered at most, in milliseconds: a summary that says FAILED may come. */
const yesLife = 10 * 60_000
/** And a no, for which a signature may come. */
const noLife = 20_000

/**
 * Until when a decision may be remembered, in milliseconds since the epoch: what goes by time ends it before (the
 * exceptions and the ages of its policies). Undefined for what nobody could tell, which is asked again each time.
 */
export function decisionLife(decision: Decision, policies: readonly Policy[], now: Date): number | undefined {
  if (decision.verdict === 'undecided') return undefined
  const longest = now.getTime() + (decision.verdict === 'allow' ? yesLife : noLife)
  const ends = decision.policies.flatMap((outcome) => {
    const policy = policies.find(({ name }) => name === outcome.policy)
    return policy === undefined ? [] : endsOf(outcome, policy, now)
  })
  return Math.min(longest, ...ends)
}

function endsOf({ outcome }: PolicyOutcome, policy: Policy, now: Date): readonly number[] {
  const exceptions = policy.exceptions
    .map(({ expires }) => expires.getTime())
    .filter((end) => end > now.getTime())
  const ages = agesOf(policy)
  if (ages.length === 0) return exceptions
  const age = Math.min(...ages)
  return [
    ...exceptions,
    ...proofsOf(outcome)
      .flatMap(beginningsOf)
      .map((begin) => begin + age),
  ]
}

/** Every age that the policy asks for; the shortest one is taken for all. */
function agesOf({ authorities, inspect }: Policy): readonly number[] {
  const inspected = inspect?.maxAge === undefined ? [] : [inspect.maxAge]
  const signed = authorities.flatMap((authority) => {
    if (authority.kind === 'static') return []
    const inner = authority.attestations.flatMap(({ maxAge, summary }) => [maxAge, summary?.maxAge])
    return [authority.maxAge, ...inner].filter((age) => age !== undefined)
  })
  return [...inspected, ...signed]
}

function beginningsOf(proof: Proof): readonly number[] {
  const verified = timeVerifiedOf(proof)
  const times = proof.times.map(({ at }) => at.getTime())
  return [...times, verified].filter((time) => !Number.isNaN(time))
}

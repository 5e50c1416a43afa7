import type { Proof } from '../verify/proof.ts'
import type { Decision, Outcome, PolicyOutcome } from './decision.ts'
import type { Policy } from './policy.ts'
import { timeVerifiedOf } from './summary-rule.ts'
import { proofsOf } from './verified-levels.ts'

/** How long a yes is remembered at most, in milliseconds: a summary that says FAILED may come. */
export const yesLife: number = 10 * 60_000
/** And a no, for which a signature may come. */
const noLife = 20_000

/**
 * Until when a decision may be remembered, in milliseconds since the epoch: what goes by time ends it before (the
 * exceptions and the ages of its policies). Undefined for what is asked again each time: what nobody could tell, and what
 * a program said that looks at the clock or throws dice.
 */
export function decisionLife(decision: Decision, policies: readonly Policy[], now: Date): number | undefined {
  if (decision.verdict === 'undecided' || decision.policies.some(({ outcome }) => isVolatile(outcome)))
    return undefined
  const longest = now.getTime() + (decision.verdict === 'allow' ? yesLife : noLife)
  const ends = decision.policies.flatMap((outcome) => {
    const policy = policies.find(({ name }) => name === outcome.policy)
    return policy === undefined ? [] : endsOf(outcome, policy, now)
  })
  return Math.min(longest, ...ends)
}

function isVolatile({ volatile, parts }: Outcome): boolean {
  return volatile === true || parts.some(isVolatile)
}

function endsOf({ outcome }: PolicyOutcome, policy: Policy, now: Date): readonly number[] {
  const exceptions = policy.exceptions
    .map(({ expires }) => expires.getTime())
    .filter((end) => end > now.getTime())
  // Those of a signed inspection end with a day, in UTC.
  const days = (policy.inspect?.exceptions ?? []).length === 0 ? [] : [endOfDay(now)]
  const ages = agesOf(policy)
  if (ages.length === 0) return [...exceptions, ...days]
  const age = Math.min(...ages)
  return [
    ...exceptions,
    ...days,
    ...proofsOf(outcome)
      .flatMap(beginningsOf)
      .map((begin) => begin + age),
  ]
}

function endOfDay(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
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

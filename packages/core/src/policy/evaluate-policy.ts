import type { Outcome, PolicyOutcome, RuleName } from './decision.ts'
import { evaluateAuthority } from './evaluate-authority.ts'
import type { Evaluation } from './evaluate-authority.ts'
import { runProgram } from './evaluate-program.ts'
import { surelyMatchesImage } from './glob.ts'
import { allOf, enoughOf, met, reasonsOf, undecided, unmet } from './outcome.ts'
import { evaluateInspection } from './evaluate-inspection.ts'
import type { Mode, Policy, PolicyException, PolicyProgram } from './policy.ts'
import { programInput } from './program-input.ts'
import type { Reason } from './reason.ts'
import { missingProgram } from './remote-program.ts'
import { unseenReason } from './unseen-evidence.ts'
import { viewOf } from './view.ts'

/** What one policy says, and what that does. */
export interface PolicyAnswer {
  readonly outcome: PolicyOutcome
  readonly warnings: readonly Reason[]
}

/** Evaluates all the rules of one policy, then its exceptions, then its mode (gates.md §8.2 step 6). */
export async function evaluatePolicy(evaluation: Evaluation): Promise<PolicyAnswer> {
  const { policy, facts } = evaluation
  const rule: RuleName = { kind: 'policy', name: policy.name }
  const outcome = withAllPrograms(allOf(rule, await evaluateRules(evaluation)), evaluation)
  const described = {
    policy: policy.name,
    at: `${policy.file}:${policy.at.line}`,
    mode: policy.mode,
    outcome,
  }
  if (outcome.status === 'met') return { outcome: { ...described, effect: 'counts' }, warnings: [] }
  const reached = policy.exceptions.filter(({ images }) =>
    images.some((glob) => surelyMatchesImage(glob, facts.names)),
  )
  const live = reached.find(({ expires }) => facts.now < expires)
  if (live !== undefined) {
    const warnings = [excepted(policy, live)]
    return { outcome: { ...described, effect: 'excepted' }, warnings }
  }
  const warnings = reached.map((exception) => expired(policy, exception))
  return { outcome: { ...described, effect: effects[policy.mode] }, warnings }
}

/** A policy that is not all here cannot be met, not by another of its authorities either: it is not what was written. */
function withAllPrograms(outcome: Outcome, { policy, facts }: Evaluation): Outcome {
  const missing = outcome.status === 'met' ? missingProgram(policy, facts) : undefined
  return missing === undefined ? outcome : undecided(outcome.rule, [missing], outcome.parts)
}

const effects: Readonly<Record<Mode, PolicyOutcome['effect']>> = {
  enforce: 'counts',
  warn: 'warns',
  audit: 'records',
}

async function evaluateRules(evaluation: Evaluation): Promise<readonly Outcome[]> {
  const { policy } = evaluation
  const parts: Outcome[] = []
  if (policy.requireDigest) parts.push(evaluateDigest(evaluation))
  if (policy.inspect !== undefined) parts.push(evaluateInspection(policy.inspect, evaluation))
  const asked = await evaluateAuthorities(evaluation)
  if (asked !== undefined) parts.push(asked.outcome)
  const { program } = policy
  // Only over authorities that matched: without them there is nothing to judge (gates.md §1.6).
  if (program === undefined || (asked !== undefined && asked.outcome.status !== 'met')) return parts
  return [...parts, await evaluateProgram(program, evaluation, asked?.authorities ?? [])]
}

async function evaluateProgram(
  program: PolicyProgram,
  evaluation: Evaluation,
  authorities: readonly Outcome[],
): Promise<Outcome> {
  const { policy, facts } = evaluation
  const rule: RuleName = { kind: 'program', name: 'policy' }
  // A program may look for what must not be there.
  const unseen = unseenBy(evaluation, authorities)
  if (unseen !== undefined) return undecided(rule, [unseen])
  const given = programInput(program, { policy, facts, authorities })
  if (given.status === 'unknown') return undecided(rule, [given.reason])
  return await runProgram(program, { name: rule.name, input: given.input, evaluation })
}

/** Why the program would see only a part of what there is. */
function unseenBy({ policy, facts }: Evaluation, authorities: readonly Outcome[]): Reason | undefined {
  const [open] = authorities.filter(({ status }) => status === 'undecided').flatMap(reasonsOf)
  if (open !== undefined)
    return { ...open, message: `the program is about all authorities, and of one: ${open.message}` }
  return policy.authorities
    .flatMap((authority) =>
      authority.kind === 'static' ? [] : (facts.evidence.get(viewOf(authority).key) ?? []),
    )
    .map(unseenReason)
    .find((reason) => reason !== undefined)
}

interface Asked {
  readonly outcome: Outcome
  readonly authorities: readonly Outcome[]
}

/** Undefined where the policy has no authorities, as one that only inspects. */
async function evaluateAuthorities(evaluation: Evaluation): Promise<Asked | undefined> {
  const { policy } = evaluation
  if (policy.authorities.length === 0) return undefined
  const rule: RuleName = { kind: 'authorities', name: describeRequirement(policy) }
  const authorities = await Promise.all(
    policy.authorities.map((authority) => evaluateAuthority(authority, evaluation)),
  )
  return { outcome: enoughOf(rule, policy.require, authorities), authorities }
}

function describeRequirement({ require }: Policy): string {
  return require.kind === 'at-least' ? `at least ${require.count}` : require.kind
}

function evaluateDigest({ facts }: Evaluation): Outcome {
  const rule: RuleName = { kind: 'digest', name: 'requireDigest' }
  if (facts.names.pinned && facts.subject !== undefined)
    return met(rule, [{ kind: 'reference', digest: facts.subject }])
  const { repository } = facts.names
  const digest = facts.subject === undefined ? '' : `; it stands for ${facts.subject} now`
  const reason: Reason = {
    code: 'DIGEST_REQUIRED',
    step: 'match',
    message: `the image is not named by digest${digest}`,
    got: facts.names.raw,
    ...(repository === undefined || facts.subject === undefined
      ? {}
      : { hint: `write ${repository}@${facts.subject}` }),
  }
  return unmet(rule, [reason])
}

function excepted(policy: Policy, { reason, approvedBy, expires }: PolicyException): Reason {
  const by = approvedBy === undefined ? '' : `, approved by ${approvedBy}`
  const message = `policy ${policy.name} is set aside for this image until ${expires.toISOString()}: ${reason}${by}`
  return { code: 'EXCEPTION_APPLIED', step: 'exception', message }
}

function expired(policy: Policy, { reason, expires }: PolicyException): Reason {
  const message = `an exception of policy ${policy.name} (${reason}) ended at ${expires.toISOString()} and no longer counts`
  return { code: 'EXCEPTION_EXPIRED', step: 'exception', message }
}

import type { Decision, PolicyOutcome } from './decision.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { PolicyAnswer } from './evaluate-policy.ts'
import type { Facts } from './facts.ts'
import type { LanguageRuntime } from './languages/language-runtime.ts'
import type { BreakGlassRule, GateConfig } from './gate-config.ts'
import { appliesTo, mayApplyTo, surelyApplies, type Candidate } from './match.ts'
import { reasonsOf } from './outcome.ts'
import type { BrokenPolicy, Policy } from './policy.ts'
import type { Reason } from './reason.ts'

/** The policies of one run. */
export interface PolicySet {
  readonly policies: readonly Policy[]
  /** Policies that could not be read: an error for every image that they may be about. */
  readonly broken: readonly BrokenPolicy[]
  /** What becomes of an image that no policy is about. */
  readonly noMatch: 'deny' | 'warn' | 'allow'
  readonly platforms?: GateConfig['platforms']
  readonly onError?: GateConfig['onError']
  readonly breakGlass?: BreakGlassRule
  /** Milliseconds for one image. */
  readonly deadline?: number
}

/**
 * Decides about one image. Every policy that is about it has to be met; an image that no policy is about is
 * refused unless the set says otherwise. No I/O, no clock, no environment: the same facts give the same answer.
 */
export async function evaluate(set: PolicySet, facts: Facts, languages: LanguageRuntime): Promise<Decision> {
  const candidate: Candidate = facts
  const policies = set.policies.filter((policy) => appliesTo(policy, candidate))
  const broken = set.broken.filter((policy) => mayApplyTo(policy, candidate))
  const answers = await Promise.all(policies.map((policy) => evaluatePolicy({ policy, facts, languages })))
  const outcomes = answers.map(({ outcome }) => outcome)
  const described = { image: facts.names.raw, subject: facts.subject, policies: outcomes }
  const warnings = answers.flatMap(warningsOf)
  const because = broken.map(notLoaded)
  const verdict = verdictOf(outcomes, broken.length > 0)
  // A tag beside a digest is nobody's word: a policy that is reached by it alone may refuse, and vouches for nothing.
  // Nor does a policy of a namespace: its owner could allow there what the cluster does not.
  const vouches = (policy: Policy): boolean =>
    policy.namespace === undefined && surelyApplies(policy, candidate)
  if (broken.length === 0 && !policies.some(vouches)) {
    const reason = noPolicyMatches(set, facts, policies)
    if (set.noMatch === 'deny') return { ...described, verdict: 'deny', because: [reason], warnings }
    const allowed: Reason = { ...reason, code: 'NO_MATCH_ALLOWED' }
    const told = set.noMatch === 'warn' ? [allowed, ...warnings] : warnings
    return { ...described, verdict, because: [], warnings: told }
  }
  return { ...described, verdict, because, warnings }
}

/** A no decides, whatever else is unknown; an unknown is never a yes. */
function verdictOf(outcomes: readonly PolicyOutcome[], broken: boolean): Decision['verdict'] {
  const counting = outcomes.filter(({ effect }) => effect === 'counts')
  if (counting.some(({ outcome }) => outcome.status === 'unmet')) return 'deny'
  return broken || counting.some(({ outcome }) => outcome.status === 'undecided') ? 'undecided' : 'allow'
}

/** What a policy let through although it is not met, with its reasons. */
function warningsOf({ outcome, warnings }: PolicyAnswer): readonly Reason[] {
  if (outcome.effect !== 'warns') return warnings
  const told = reasonsOf(outcome.outcome).map((reason) => ({
    ...reason,
    message: `policy ${outcome.policy}: ${reason.message}`,
  }))
  return [...warnings, ...told]
}

function notLoaded(policy: BrokenPolicy): Reason {
  const [first = 'it could not be read'] = policy.problems
  const more = policy.problems.length > 1 ? ` and ${policy.problems.length - 1} more` : ''
  return {
    code: 'POLICY_NOT_LOADED',
    step: 'load',
    on: policy.file,
    message: `policy ${policy.name} may be about this image and could not be loaded: ${first}${more}`,
    hint: 'assay policy lint shows all problems',
  }
}

function noPolicyMatches(set: PolicySet, { names }: Facts, unsure: readonly Policy[]): Reason {
  const count = set.policies.length
  const first = unsure.find(({ namespace }) => namespace === undefined)
  return {
    code: 'NO_POLICY_MATCHES',
    step: 'match',
    message:
      first === undefined
        ? count === 0
          ? 'there is no policy'
          : `none of ${count} policies is about this image`
        : `policy ${first.name} reaches this image only by the tag beside its digest, and nobody checked that tag`,
    expected: [...new Set(set.policies.flatMap(({ images }) => images.map(({ glob }) => glob)))]
      .slice(0, 5)
      .join(', '),
    got: names.all.join(', '),
    hint:
      first === undefined
        ? 'add a glob for it under spec.images'
        : 'name the image by digest or by tag, not by both',
  }
}

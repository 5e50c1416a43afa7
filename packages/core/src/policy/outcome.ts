import type { Decision, Evidence, Met, Outcome, RuleName, Undecided, Unmet } from './decision.ts'
import { distinctSigners } from './distinct-signers.ts'
import type { Requirement } from './policy.ts'
import type { Reason } from './reason.ts'

export function met(rule: RuleName, by: readonly Evidence[], parts: readonly Outcome[] = []): Met {
  return { status: 'met', rule, by, parts }
}

export function unmet(rule: RuleName, because: readonly Reason[], parts: readonly Outcome[] = []): Unmet {
  return { status: 'unmet', rule, because, parts }
}

export function undecided(
  rule: RuleName,
  because: readonly Reason[],
  parts: readonly Outcome[] = [],
): Undecided {
  return { status: 'undecided', rule, because, parts }
}

/** All parts have to be met: one no decides, else one unknown keeps it open. Of nothing, nothing is met. */
export function allOf(rule: RuleName, parts: readonly Outcome[]): Outcome {
  if (parts.some(({ status }) => status === 'unmet')) return unmet(rule, [], parts)
  if (parts.some(({ status }) => status === 'undecided')) return undecided(rule, [], parts)
  return parts.length === 0 ? unmet(rule, []) : met(rule, [], parts)
}

/**
 * Enough parts have to be met: what is unknown can still help, and never counts. Where two are asked for, one
 * signer does not stand for both, however many authorities accept it.
 */
export function enoughOf(rule: RuleName, requirement: Requirement, parts: readonly Outcome[]): Outcome {
  if (requirement.kind === 'all') return allOf(rule, parts)
  const needed = requirement.kind === 'any' ? 1 : requirement.count
  const agreeing = parts.filter((part) => part.status === 'met')
  const yes = needed === 1 ? agreeing.length : distinctSigners(agreeing)
  if (yes >= needed) return met(rule, [], parts)
  const open = parts.filter(({ status }) => status === 'undecided').length
  if (yes + open >= needed) return undecided(rule, [], parts)
  if (needed === 1) return unmet(rule, [], parts)
  const reason: Reason = {
    code: 'NOT_ENOUGH_AUTHORITIES',
    step: 'combine',
    message: `${yes} of ${parts.length} authorities agree by signers of their own, ${needed} have to`,
    expected: String(needed),
    got: String(yes),
  }
  return unmet(rule, [reason], parts)
}

/** Every reason of an outcome that is not met, its own before those of its parts that are not met either. */
export function reasonsOf(outcome: Outcome): readonly Reason[] {
  if (outcome.status === 'met') return []
  return [...outcome.because, ...outcome.parts.flatMap(reasonsOf)]
}

/** Every reason and warning of a decision, those that a mode or an exception let through included. */
export function everyReasonOf({ because, warnings, policies }: Decision): readonly Reason[] {
  return [...because, ...policies.flatMap(({ outcome }) => reasonsOf(outcome)), ...warnings]
}

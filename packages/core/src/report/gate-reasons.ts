import type { Decision, Outcome } from '../policy/decision.ts'
import type { Reason } from '../policy/reason.ts'

/** One reason of a decision, with the rule that it comes from in a few words. */
export interface PlacedReason {
  /** `release, ci`: the policy, then the authority or rule; empty where no policy had a say. */
  readonly where: string
  readonly reason: Reason
}

/** Why the policies that count do not allow an image; what a lenient mode let through is no reason. */
export function policyReasons({ policies }: Decision): readonly PlacedReason[] {
  const placed = policies
    .filter(({ effect }) => effect === 'counts')
    .flatMap(({ outcome }) => reasonsBelow(outcome, []))
  const seen = new Set<string>()
  return placed.filter(({ where, reason }) => {
    const line = `${where}: ${reason.code} ${reason.message}`
    return seen.has(line) ? false : seen.add(line)
  })
}

/** One line: where, what, and the code that a machine or a search can use. */
export function reasonLine({ where, reason }: PlacedReason): string {
  const rule = where === '' ? '' : `${where}: `
  return `${rule}${placeText(reason)}${reason.message.replaceAll(/\s*\n\s*/g, ' ')} [${reason.code}]`
}

/** Where a reason is about a line of a manifest: that line. */
function placeText({ place }: Reason): string {
  return place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `
}

function reasonsBelow(outcome: Outcome, above: readonly string[]): readonly PlacedReason[] {
  if (outcome.status === 'met') return []
  const path = named(outcome, above)
  return [
    ...outcome.because.map((reason) => ({ where: path.join(', '), reason })),
    ...outcome.parts.flatMap((part) => reasonsBelow(part, path)),
  ]
}

/** `authorities any` and the second naming of an authority by its signature say nothing new. */
function named({ rule }: Outcome, above: readonly string[]): readonly string[] {
  if (rule.kind === 'authorities' || above.includes(rule.name)) return above
  return [...above, rule.name]
}

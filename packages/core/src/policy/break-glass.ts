import type { BreakGlass, Decision } from './decision.ts'
import type { PolicySet } from './evaluate.ts'
import type { Reason } from './reason.ts'

/** Somebody's wish to let an image through whatever the policies say. */
export interface BreakGlassRequest {
  readonly reason: string
  /** Who asks, as the one who starts the gate says or as a cluster knows; undefined where nobody says. */
  readonly user: string | undefined
}

/**
 * What becomes of a decision in the end: broken glass lets through what was refused or is unknown, if the asker may,
 * and `onError: allow` what is unknown. Either is recorded in the decision, and so is a wish that was not granted or
 * not needed.
 */
export function settleDecision(
  decision: Decision,
  set: Pick<PolicySet, 'breakGlass' | 'onError'>,
  request: BreakGlassRequest | undefined,
): Decision {
  const asked = request === undefined ? decision : withBrokenGlass(decision, set, request)
  if (asked.verdict !== 'undecided' || set.onError !== 'allow') return asked
  const reason: Reason = {
    code: 'ERROR_ALLOWED',
    step: 'combine',
    message: 'nobody could tell whether the image is allowed, and onError: allow lets it through',
  }
  return {
    ...asked,
    verdict: 'allow',
    letThrough: true,
    warnings: [reason, ...asked.because, ...asked.warnings],
  }
}

function withBrokenGlass(
  decision: Decision,
  { breakGlass: rule }: Pick<PolicySet, 'breakGlass'>,
  { reason: text, user }: BreakGlassRequest,
): Decision {
  const { verdict } = decision
  const record = (outcome: BreakGlass['outcome']): BreakGlass => ({
    reason: text,
    user: user ?? null,
    outcome,
    verdict,
  })
  const refusal = refusalOf(rule, user)
  if (refusal !== undefined) {
    return {
      ...decision,
      breakGlass: record('refused'),
      warnings: [{ code: 'BREAK_GLASS_REFUSED', step: 'exception', ...refusal }, ...decision.warnings],
    }
  }
  if (verdict === 'allow') return { ...decision, breakGlass: record('not-needed') }
  const reason: Reason = {
    code: 'BREAK_GLASS_APPLIED',
    step: 'exception',
    message: `the answer was ${verdict}, and ${user ?? 'somebody'} lets the image through: ${text}`,
  }
  return {
    ...decision,
    verdict: 'allow',
    letThrough: true,
    breakGlass: record('applied'),
    warnings: [reason, ...decision.because, ...decision.warnings],
  }
}

function refusalOf(
  rule: PolicySet['breakGlass'],
  user: string | undefined,
): Pick<Reason, 'message' | 'hint' | 'expected' | 'got'> | undefined {
  if (rule === undefined)
    return { message: 'nobody may break the glass here', hint: 'a GateConfig with breakGlass says who may' }
  if (user !== undefined && rule.allowedUsers.includes(user)) return undefined
  return {
    message: `${user ?? 'somebody without a name'} may not break the glass`,
    expected: rule.allowedUsers.join(', '),
    got: user ?? '',
  }
}

import { decide, policySet } from '@assay/test-support/decide'
import { describe, expect, test } from 'vitest'
import { settleDecision } from './break-glass.ts'
import type { Decision } from './decision.ts'

const refused = (): Promise<Decision> => decide(policySet('authorities: [{static: {action: fail}}]'))
const allowed = (): Promise<Decision> => decide(policySet('authorities: [{static: {action: pass}}]'))
const open = async (): Promise<Decision> => ({ ...(await allowed()), verdict: 'undecided' })
const rule = { breakGlass: { allowedUsers: ['ada'] } }
const byAda = { reason: 'INC-7: the site is down', user: 'ada' }

describe('breaking the glass', () => {
  test.each([
    ['what is refused', refused, 'deny'],
    ['what nobody could tell', open, 'undecided'],
  ] as const)('lets %s through, and records who, why and what the answer was', async (_, of, verdict) => {
    const settled = settleDecision(await of(), rule, byAda)
    expect(settled).toMatchObject({
      verdict: 'allow',
      letThrough: true,
      breakGlass: { ...byAda, outcome: 'applied', verdict },
    })
    expect(settled.warnings[0]).toMatchObject({ code: 'BREAK_GLASS_APPLIED' })
  })

  test.each([
    ['where nobody is allowed to', {}, byAda],
    ['for somebody else', rule, { ...byAda, user: 'eve' }],
    ['for nobody in particular', rule, { ...byAda, user: undefined }],
  ])('changes nothing %s, and is recorded', async (...[, set, request]) => {
    const settled = settleDecision(await refused(), set, request)
    expect(settled).toMatchObject({ verdict: 'deny', breakGlass: { outcome: 'refused', verdict: 'deny' } })
    expect(settled).not.toHaveProperty('letThrough')
    expect(settled.warnings[0]).toMatchObject({ code: 'BREAK_GLASS_REFUSED' })
  })

  test('is recorded where it was not needed', async () => {
    const settled = settleDecision(await allowed(), rule, byAda)
    expect(settled).toMatchObject({ verdict: 'allow', breakGlass: { outcome: 'not-needed' } })
    expect(settled).not.toHaveProperty('letThrough')
  })
})

describe('onError', () => {
  test('allow lets through what nobody could tell, says so, and never what is refused', async () => {
    const set = { onError: 'allow' } as const
    expect(settleDecision(await open(), set, undefined)).toMatchObject({
      verdict: 'allow',
      letThrough: true,
      warnings: [{ code: 'ERROR_ALLOWED' }],
    })
    expect(settleDecision(await refused(), set, undefined).verdict).toBe('deny')
    expect(settleDecision(await open(), { onError: 'deny' }, undefined).verdict).toBe('undecided')
    expect(settleDecision(await open(), {}, undefined).verdict).toBe('undecided')
  })
})

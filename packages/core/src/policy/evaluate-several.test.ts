import { RegistryError } from '@assay/registry'
import { codesOf, decide, policySet } from '@assay/test-support/decide'
import type { Told } from '@assay/test-support/decide'
import { madeUpProof } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import type { LanguageRuntime } from './languages/language-runtime.ts'

const key =
  '"-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI\\nFNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==\\n-----END PUBLIC KEY-----"'
const keyed = `{name: keyed, key: {data: ${key}}, ctlog: {}}`
const ci = `{name: ci, keyless: {identities: [{issuer: https://issuer.example, subjectRegExp: 'https://ci\\.example/acme/.*'}]}}`
const identity = { issuer: 'https://issuer.example', subject: 'https://ci.example/acme/app' }

describe('several authorities', () => {
  const both = `authorities: [${keyed}, ${ci}]`
  const byKey = madeUpProof()
  const byCi = madeUpProof({ identity })
  const gone = {
    incomplete: { code: 'EVIDENCE_UNAVAILABLE', error: new RegistryError('TIMED_OUT', 'too slow') },
  } as const

  test.each<[string, string, Told, Decision['verdict']]>([
    ['any: one is enough', '', { proofs: [byKey] }, 'allow'],
    ['any: none', '', {}, 'deny'],
    ['all: one is not enough', 'require: all, ', { proofs: [byKey] }, 'deny'],
    ['all: both', 'require: all, ', { proofs: [byKey, byCi] }, 'allow'],
    ['two: one is not enough', 'require: {atLeast: 2}, ', { proofs: [byKey] }, 'deny'],
    ['two: one and one unknown', 'require: {atLeast: 2}, ', { proofs: [byKey], evidence: gone }, 'undecided'],
    ['all: one and one unknown', 'require: all, ', { proofs: [byKey], evidence: gone }, 'undecided'],
    ['any: one and one unknown', '', { proofs: [byKey], evidence: gone }, 'allow'],
  ])('%s', async (...[, require, told, verdict]) => {
    expect((await decide(policySet(require + both), told)).verdict).toBe(verdict)
  })

  test('spec.policy sees the authorities that matched, and no others', async () => {
    const seen: unknown[] = []
    const languages: LanguageRuntime = {
      run: async (_, input) => {
        seen.push(input)
        return { status: 'false', message: 'no' }
      },
    }
    const set = policySet(`${both}, policy: {type: cel, data: 'false'}`)
    const decision = await decide(set, { proofs: [byCi], languages })
    expect([decision.verdict, codesOf(decision)]).toEqual(['deny', ['PROGRAM_REFUSED']])
    expect(seen).toMatchObject([
      { authorityMatches: { ci: { signatures: [{ subject: identity.subject, issuer: identity.issuer }] } } },
    ])
    expect(seen).not.toMatchObject([{ authorityMatches: { keyed: {} } }])
    expect((await decide(set, { languages })).verdict).toBe('deny')
    expect(seen).toHaveLength(1)
  })
})

describe('static authorities', () => {
  test('fail says its message', async () => {
    const decision = await decide(policySet(`authorities: [{static: {action: fail, message: not this one}}]`))
    expect([decision.verdict, decision.policies[0]?.outcome.parts[0]?.parts[0]]).toMatchObject([
      'deny',
      { because: [{ code: 'STATIC_FAIL', message: 'not this one' }] },
    ])
  })

  test('pass does not go by a tag beside a digest', async () => {
    const set = policySet(`authorities: [{static: {action: pass}}]`)
    const tagged = {
      ...set,
      policies: set.policies.map((policy) => ({ ...policy, images: [{ glob: 'ghcr.io/acme/app:good' }] })),
    }
    const honest = await decide(tagged, { image: { tag: 'good' } })
    const claimed = await decide(tagged, { image: { tag: 'good', pinned: true } })
    expect([honest.verdict, claimed.verdict, codesOf(claimed)]).toEqual([
      'allow',
      'deny',
      ['NO_POLICY_MATCHES', 'UNPROVEN_TAG'],
    ])
  })
})

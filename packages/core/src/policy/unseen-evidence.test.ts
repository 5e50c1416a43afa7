import { RegistryError } from '@assay/registry'
import { codesOf, decide, policySet } from '@assay/test-support/decide'
import type { Told } from '@assay/test-support/decide'
import { madeUpProof, madeUpSubject } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import type { LanguageRuntime } from './languages/language-runtime.ts'

const key =
  '"-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI\\nFNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==\\n-----END PUBLIC KEY-----"'
const summaryType = 'https://slsa.dev/verification_summary/v1'
const inspectionType = 'https://assay.dev/inspection/v1'

function keyed(more = ''): string {
  return `{name: k, key: {data: ${key}}, ctlog: {}${more}}`
}

const passed = madeUpProof({
  predicateType: summaryType,
  predicate: {
    verifier: { id: 'https://gate.example' },
    timeVerified: '2026-05-31T00:00:00Z',
    verificationResult: 'PASSED',
  },
})
const inspected = madeUpProof({
  predicateType: inspectionType,
  predicate: { digest: madeUpSubject, verdict: 'strict', images: [{ findings: [] }] },
})
const yes: LanguageRuntime = { run: async () => ({ status: 'true' }) }

const rules: Readonly<Record<string, string>> = {
  signature: keyed(),
  summary: keyed(
    `, attestations: [{name: v, predicateType: ${summaryType}, vsa: {verifier: https://gate.example}}]`,
  ),
  attestation: keyed(`, attestations: [{name: i, predicateType: ${inspectionType}}]`),
}

function policyOf(rule: string): string {
  const authorities = `authorities: [${rules[rule] ?? rules['attestation']}]`
  if (rule === 'inspection') return `inspect: {distroless: strict, attestedBy: k}, ${authorities}`
  return rule === 'program' ? `policy: {type: cel, data: 'true'}, ${authorities}` : authorities
}

const why = { code: 'EVIDENCE_UNAVAILABLE', error: new RegistryError('TIMED_OUT', 'too slow') } as const

describe('where something is attached that nobody saw', () => {
  test.each<[string, Decision['verdict']]>([
    ['signature', 'allow'],
    ['attestation', 'allow'],
    ['summary', 'undecided'],
    ['inspection', 'undecided'],
    ['program', 'undecided'],
  ])('a %s rule that is met otherwise: %s', async (rule, verdict) => {
    const set = policySet(policyOf(rule))
    const told: Told = { proofs: [madeUpProof(), passed, inspected], languages: yes }
    expect((await decide(set, told)).verdict).toBe('allow')
    for (const evidence of [{ incomplete: why }, { unseen: why }]) {
      const decision = await decide(set, { ...told, evidence })
      expect([decision.verdict, codesOf(decision)]).toEqual([
        verdict,
        verdict === 'allow' ? [] : ['EVIDENCE_UNAVAILABLE'],
      ])
    }
  })

  test('a rule that is not met is open, but for what did not hold', async () => {
    const set = policySet(policyOf('signature'))
    const told = { proofs: [inspected] }
    expect((await decide(set, { ...told, evidence: { incomplete: why } })).verdict).toBe('undecided')
    expect((await decide(set, { ...told, evidence: { unseen: why } })).verdict).toBe('deny')
  })

  test('a program over authorities of which one is open is open', async () => {
    const open = `{name: s, key: {secretRef: {name: s}}, ctlog: {}, attestations: [{name: x, predicateType: 'https://x.example', policy: {type: rego, data: x}}]}`
    const set = policySet(`policy: {type: cel, data: 'true'}, authorities: [${keyed()}, ${open}]`)
    const languages: LanguageRuntime = {
      run: async ({ language }) =>
        language === 'cel'
          ? { status: 'true' }
          : { status: 'undecided', code: 'PROGRAM_UNDECIDED', message: 'what' },
    }
    const proofs = [madeUpProof(), madeUpProof({ predicateType: 'https://x.example' })]
    const decision = await decide(set, { proofs, languages })
    expect([decision.verdict, codesOf(decision)]).toEqual(['undecided', ['PROGRAM_UNDECIDED']])
    expect((await decide(set, { proofs: [madeUpProof()], languages })).verdict).toBe('allow')
  })
})

import { codesOf, decide, policySet } from '@assay/test-support/decide'
import { madeUpProof } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { Proof } from '../verify/proof.ts'
import type { Decision } from './decision.ts'
import type { LanguageAnswer, LanguageRuntime } from './languages/language-runtime.ts'
import type { ReasonCode } from './reason.ts'

const key =
  '"-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI\\nFNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==\\n-----END PUBLIC KEY-----"'
const keyed = `{name: keyed, key: {data: ${key}}, ctlog: {}}`
const vulns = 'https://example.com/vulns/v1'

function answering(answer: LanguageAnswer): LanguageRuntime {
  return { run: async () => answer }
}

describe('attestations', () => {
  const attested = keyed.replace(
    '{name',
    `{attestations: [{name: vulns, predicateType: ${vulns}}, {name: sbom, predicateType: https://spdx.dev/Document}], name`,
  )
  const one = madeUpProof({ predicateType: vulns })
  const other = madeUpProof({ predicateType: 'https://spdx.dev/Document' })

  test.each<[string, readonly Proof[], readonly ReasonCode[]]>([
    ['all of them', [one, other], []],
    ['one is missing', [one], ['NO_ATTESTATION']],
    ['a signature does not replace them', [madeUpProof()], ['NO_ATTESTATION', 'NO_ATTESTATION']],
    [
      'another type with the same beginning',
      [one, madeUpProof({ predicateType: 'https://spdx.dev/Document/v3' })],
      ['NO_ATTESTATION'],
    ],
  ])('%s', async (_, proofs, codes) => {
    expect(codesOf(await decide(policySet(`authorities: [${attested}]`), { proofs }))).toEqual(codes)
  })

  const programmed = keyed.replace(
    '{name',
    `{attestations: [{name: vulns, predicateType: ${vulns}, policy: {type: cel, data: 'true'}}], name`,
  )
  test.each<[LanguageAnswer, Decision['verdict'], readonly ReasonCode[]]>([
    [{ status: 'true' }, 'allow', []],
    [{ status: 'false', message: 'no' }, 'deny', ['PROGRAM_REFUSED']],
    [
      { status: 'undecided', code: 'PROGRAM_UNDECIDED', message: 'out of time' },
      'undecided',
      ['PROGRAM_UNDECIDED'],
    ],
  ])('a program that answers %j', async (answer, verdict, codes) => {
    const decision = await decide(policySet(`authorities: [${programmed}]`), {
      proofs: [one],
      languages: answering(answer),
    })
    expect([decision.verdict, codesOf(decision)]).toEqual([verdict, codes])
  })

  test('a program without its language is undecided', async () => {
    const decision = await decide(policySet(`authorities: [${programmed}]`), { proofs: [one] })
    expect([decision.verdict, codesOf(decision)]).toEqual(['undecided', ['LANGUAGE_UNAVAILABLE']])
  })

  test('any one statement of the type will do', async () => {
    const seen: unknown[] = []
    const languages: LanguageRuntime = {
      run: async (_, input) => {
        seen.push(input)
        return seen.length === 2 ? { status: 'true' } : { status: 'false', message: 'no' }
      },
    }
    const proofs = [
      madeUpProof({ predicateType: vulns, predicate: { n: 1 } }),
      madeUpProof({ predicateType: vulns, predicate: { n: 2 } }),
    ]
    expect((await decide(policySet(`authorities: [${programmed}]`), { proofs, languages })).verdict).toBe(
      'allow',
    )
    expect(seen).toMatchObject([{ predicateType: vulns, predicate: { n: 1 } }, { predicate: { n: 2 } }])
  })
})

import { RegistryError } from '@assay/registry'
import { codesOf, decide, policySet } from '@assay/test-support/decide'
import type { Told } from '@assay/test-support/decide'
import { madeUpProof, madeUpSubject } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { Proof } from '../verify/proof.ts'
import type { Decision } from './decision.ts'
import { parsePolicyFile } from './parse-policy-file.ts'
import type { ReasonCode } from './reason.ts'

const pass = 'authorities: [{static: {action: pass}}]'
const fail = 'authorities: [{static: {action: fail}}]'

const found = (distroless: 'strict' | 'effective' | 'debug' | 'no' | 'undecidable'): Told => ({
  inspection: { distroless, evidence: ['bin/sh is a shell'] },
})

describe('inspect', () => {
  const strict = 'inspect: {distroless: strict}'
  const effective = 'inspect: {distroless: effective}'

  test.each<[string, Told, Decision['verdict'], readonly ReasonCode[]]>([
    [strict, found('strict'), 'allow', []],
    [strict, found('effective'), 'deny', ['NOT_DISTROLESS']],
    [effective, found('effective'), 'allow', []],
    [effective, found('strict'), 'allow', []],
    [effective, found('debug'), 'deny', ['NOT_DISTROLESS']],
    [effective, found('no'), 'deny', ['NOT_DISTROLESS']],
    [effective, found('undecidable'), 'undecided', ['INSPECTION_INCOMPLETE']],
    [
      effective,
      { inspection: new RegistryError('UNREACHABLE', 'no answer') },
      'undecided',
      ['INSPECTION_UNAVAILABLE'],
    ],
  ])('%s, and the image is %j', async (...[spec, told, verdict, codes]) => {
    const decision = await decide(policySet(spec), told)
    expect([decision.verdict, codesOf(decision)]).toEqual([verdict, codes])
  })

  test('counts beside the authorities', async () => {
    expect((await decide(policySet(`${strict}, ${fail}`), found('strict'))).verdict).toBe('deny')
    expect((await decide(policySet(`${strict}, ${pass}`), found('no'))).verdict).toBe('deny')
  })
})

function attestedRule(more = ''): string {
  return `inspect: {distroless: effective, attestedBy: i${more}}, require: all, authorities: [{name: i, keyless: {identities: [{issuer: 'https://i.example', subject: inspector}]}, attestations: [{name: a, predicateType: 'https://assay.dev/inspection/v1'}]}]`
}

const inspector = { issuer: 'https://i.example', subject: 'inspector' }

function said(verdict: unknown, identity = inspector, about: object = {}): Proof {
  return madeUpProof({
    predicateType: 'https://assay.dev/inspection/v1',
    predicate: { digest: madeUpSubject, images: [{ findings: [] }], verdict, ...about },
    identity,
    times: [{ at: new Date('2026-05-31T00:00:00Z'), source: 'transparency-log', by: 'log' }],
  })
}

function excepting(rule: string, expires: unknown = '2026-06-01'): object {
  const exception = { reason: 'r', expires }
  return {
    images: [
      {
        findings: [
          { rule: 'shell', exception: null },
          { rule, exception },
        ],
      },
    ],
  }
}

describe('an inspection that an authority signed', () => {
  test.each<[string, readonly Proof[], Decision['verdict'], readonly ReasonCode[]]>([
    ['good enough', [said('effective')], 'allow', []],
    ['not good enough', [said('no')], 'deny', ['NOT_DISTROLESS']],
    ['good and bad', [said('strict'), said('debug')], 'deny', ['NOT_DISTROLESS']],
    ['without a verdict', [said(undefined)], 'undecided', ['INSPECTION_INCOMPLETE']],
    ['by somebody else', [said('strict', { ...inspector, subject: 'evil' })], 'deny', ['IDENTITY_MISMATCH']],
    [
      'of another image',
      [said('strict', inspector, { digest: 'sha256:1' })],
      'undecided',
      ['INSPECTION_INCOMPLETE'],
    ],
    [
      'of one platform of the index',
      [said('strict', inspector, { platform: 'linux/amd64' })],
      'undecided',
      ['INSPECTION_INCOMPLETE'],
    ],
    [
      'without its findings',
      [said('strict', inspector, { images: undefined })],
      'undecided',
      ['INSPECTION_INCOMPLETE'],
    ],
    ['missing', [], 'deny', ['NO_ATTESTATION']],
  ])('%s', async (...[, proofs, verdict, codes]) => {
    const decision = await decide(policySet(attestedRule()), { proofs })
    expect(decision.verdict).toBe(verdict)
    expect(codesOf(decision)).toEqual(expect.arrayContaining([...codes]))
  })

  test('counts for a time', async () => {
    const proofs = [said('strict')]
    expect((await decide(policySet(attestedRule(', maxAge: 2d')), { proofs })).verdict).toBe('allow')
    const old = await decide(policySet(attestedRule(', maxAge: 12h')), { proofs })
    expect([old.verdict, codesOf(old)]).toEqual(['deny', ['TOO_OLD']])
  })

  test.each<[string, string, object, Decision['verdict'], readonly ReasonCode[]]>([
    ['a runtime declared', '', { declared: ['node'] }, 'deny', ['INSPECTION_WEAKENED']],
    [
      'another runtime declared',
      'declare: [java]',
      { declared: ['java', 'node'] },
      'deny',
      ['INSPECTION_WEAKENED'],
    ],
    ['a runtime that the policy names, too', 'declare: [node]', { declared: ['node'] }, 'allow', []],
    [
      'declarations that are none',
      'declare: [node]',
      { declared: 'node' },
      'undecided',
      ['INSPECTION_INCOMPLETE'],
    ],
    ['a finding excepted', '', excepting('python'), 'deny', ['INSPECTION_WEAKENED']],
    ['another finding excepted', 'exceptions: [curl]', excepting('python'), 'deny', ['INSPECTION_WEAKENED']],
    ['an exception that the policy names, too', 'exceptions: [python]', excepting('python'), 'allow', []],
    [
      'an exception that ended',
      'exceptions: [python]',
      excepting('python', '2026-05-31'),
      'deny',
      ['INSPECTION_WEAKENED'],
    ],
    [
      'an exception that is none',
      'exceptions: [python]',
      excepting('python', 7),
      'undecided',
      ['INSPECTION_INCOMPLETE'],
    ],
  ])('made with %s, and the policy says %j', async (...[, more, about, verdict, codes]) => {
    const rule = attestedRule(more === '' ? '' : `, ${more}`)
    const decision = await decide(policySet(rule), { proofs: [said('effective', inspector, about)] })
    expect([decision.verdict, codesOf(decision)]).toEqual([verdict, codes])
  })

  test('that was weakened takes nothing from one that was not, and its no counts', async () => {
    const weak = { declared: ['node'] }
    const ask = async (verdict: string): Promise<Decision['verdict']> => {
      const proofs = [said(verdict, inspector, weak), said('strict')]
      return (await decide(policySet(attestedRule()), { proofs })).verdict
    }
    expect([await ask('strict'), await ask('no')]).toEqual(['allow', 'deny'])
  })

  test.each([
    ['attestedBy: nobody', 'spec.inspect.attestedBy'],
    ['maxAge: 1d', 'spec.inspect'],
    ['declare: [node]', 'spec.inspect'],
    ['exceptions: [python]', 'spec.inspect'],
    ['attestedBy: i, declare: [x=y]', 'spec.inspect.declare[0]'],
  ])('%s is a problem', (more, path) => {
    const rule = attestedRule().replace('attestedBy: i', more)
    const text = `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], ${rule}}`
    expect(parsePolicyFile(text, 'p.yaml').problems).toMatchObject([{ path: expect.stringContaining(path) }])
  })
})

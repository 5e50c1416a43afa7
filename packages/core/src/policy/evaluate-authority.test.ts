import { RegistryError } from '@assay/registry'
import { codesOf, decide, policySet } from '@assay/test-support/decide'
import type { Told } from '@assay/test-support/decide'
import { madeUpProof } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { VerifiedTime } from '../verify/proof.ts'
import type { Decision } from './decision.ts'
import { reasonsOf } from './outcome.ts'
import type { ReasonCode } from './reason.ts'

const key =
  '"-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI\\nFNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==\\n-----END PUBLIC KEY-----"'
const keyed = `{name: keyed, key: {data: ${key}}, ctlog: {}}`
const ci = `{name: ci, keyless: {identities: [{issuer: https://issuer.example, subjectRegExp: 'https://ci\\.example/acme/.*'}]}}`
const identity = { issuer: 'https://issuer.example', subject: 'https://ci.example/acme/app' }
const signature = 'https://sigstore.dev/cosign/sign/v1'
const vulns = 'https://example.com/vulns/v1'

function signedAt(
  at: string,
  source: 'transparency-log' | 'timestamp-authority' = 'transparency-log',
): VerifiedTime {
  return { at: new Date(at), source, by: 'a log' }
}

describe('one authority', () => {
  const unreachable = new RegistryError('UNREACHABLE', 'the registry does not answer')
  const refused = {
    source: 'sha256:1',
    code: 'INVALID_SIGNATURE',
    step: 'signature',
    message: 'the signature does not hold',
  }
  test.each<[string, string, Told, Decision['verdict'], readonly ReasonCode[]]>([
    ['a legacy signature by the key', keyed, { proofs: [madeUpProof()] }, 'allow', []],
    [
      'a bundle signature by the key',
      keyed,
      { proofs: [madeUpProof({ predicateType: signature })] },
      'allow',
      [],
    ],
    [
      'an attestation is no signature',
      keyed,
      { proofs: [madeUpProof({ predicateType: vulns })] },
      'deny',
      ['NO_SIGNATURE'],
    ],
    ['nothing attached', keyed, {}, 'deny', ['NO_SIGNATURE']],
    [
      'a signature that does not hold',
      keyed,
      { evidence: { refused: [refused] } },
      'deny',
      ['NO_SIGNATURE', 'ATTACHMENT_REFUSED'],
    ],
    [
      'a registry that does not answer',
      keyed,
      { evidence: { incomplete: { code: 'EVIDENCE_UNAVAILABLE', error: unreachable } } },
      'undecided',
      ['EVIDENCE_UNAVAILABLE'],
    ],
    [
      'a good signature although something else is missing',
      keyed,
      {
        proofs: [madeUpProof()],
        evidence: { incomplete: { code: 'EVIDENCE_UNAVAILABLE', error: unreachable } },
      },
      'allow',
      [],
    ],
    [
      'a certificate where a key is asked for',
      keyed,
      { proofs: [madeUpProof({ identity })] },
      'deny',
      ['WRONG_SIGNER'],
    ],
    ['a key where a certificate is asked for', ci, { proofs: [madeUpProof()] }, 'deny', ['WRONG_SIGNER']],
    ['the right identity', ci, { proofs: [madeUpProof({ identity })] }, 'allow', []],
    [
      'another issuer',
      ci,
      { proofs: [madeUpProof({ identity: { ...identity, issuer: 'https://evil.example' } })] },
      'deny',
      ['IDENTITY_MISMATCH'],
    ],
    [
      'an issuer that only begins so',
      ci,
      { proofs: [madeUpProof({ identity: { ...identity, issuer: 'https://issuer.example.evil' } })] },
      'deny',
      ['IDENTITY_MISMATCH'],
    ],
    [
      'a subject that only contains the pattern',
      ci,
      { proofs: [madeUpProof({ identity: { ...identity, subject: 'x https://ci.example/acme/app' } })] },
      'deny',
      ['IDENTITY_MISMATCH'],
    ],
    [
      'a subject with a dot replaced',
      ci,
      { proofs: [madeUpProof({ identity: { ...identity, subject: 'https://ciXexample/acme/app' } })] },
      'deny',
      ['IDENTITY_MISMATCH'],
    ],
  ])('%s', async (...[, authority, told, verdict, codes]) => {
    const decision = await decide(policySet(`authorities: [${authority}]`), told)
    expect([decision.verdict, codesOf(decision)]).toEqual([verdict, codes])
  })

  test('tells when an unanchored reading would have matched', async () => {
    const proof = madeUpProof({ identity: { ...identity, subject: 'x https://ci.example/acme/app' } })
    const { policies } = await decide(policySet(`authorities: [${ci}]`), { proofs: [proof] })
    expect(policies.flatMap(({ outcome }) => reasonsOf(outcome))).toMatchObject([
      { hint: expect.stringContaining('a part of it') },
    ])
  })

  test('reads policy.sigstore.dev patterns as a search', async () => {
    const spec = `authorities: [{keyless: {identities: [{issuerRegExp: issuer, subjectRegExp: acme}]}}]`
    const compat = await decide(policySet(spec, 'policy.sigstore.dev/v1beta1'), {
      proofs: [madeUpProof({ identity })],
    })
    const strict = await decide(policySet(spec), { proofs: [madeUpProof({ identity })] })
    expect([compat.verdict, strict.verdict]).toEqual(['allow', 'deny'])
  })

  test('policy.sigstore.dev takes the legacy format unless it says bundle', async () => {
    const proofs = [madeUpProof({ predicateType: signature })]
    const legacy = await decide(policySet(`authorities: [${keyed}]`, 'policy.sigstore.dev/v1beta1'), {
      proofs,
    })
    const bundle = await decide(
      policySet(
        `authorities: [${keyed.replace('{name', '{signatureFormat: bundle, name')}]`,
        'policy.sigstore.dev/v1beta1',
      ),
      { proofs },
    )
    expect([legacy.verdict, codesOf(legacy), bundle.verdict]).toEqual(['deny', ['WRONG_FORMAT'], 'allow'])
  })

  const extended = ci.replace(
    "'}]",
    "', extensions: {sourceRepositoryURI: https://git.example/acme, buildTriggerRegExp: push|tag}}]",
  )
  const source = { sourceRepositoryURI: 'https://git.example/acme', buildTrigger: 'push' }
  test.each<[string, Readonly<Record<string, string>>, readonly ReasonCode[]]>([
    ['the right ones', source, []],
    [
      'another repository',
      { ...source, sourceRepositoryURI: 'https://git.example/acme-evil' },
      ['EXTENSION_MISMATCH'],
    ],
    [
      'a trigger that only contains the pattern',
      { ...source, buildTrigger: 'pushed' },
      ['EXTENSION_MISMATCH'],
    ],
    ['none', {}, ['EXTENSION_MISMATCH']],
  ])('certificate extensions: %s', async (_, extensions, codes) => {
    const decision = await decide(policySet(`authorities: [${extended}]`), {
      proofs: [madeUpProof({ identity: { ...identity, extensions } })],
    })
    expect(codesOf(decision)).toEqual(codes)
  })

  const aged = ci.replace('{name', '{maxAge: 10d, name')
  test.each<[string, readonly VerifiedTime[], readonly ReasonCode[]]>([
    ['young enough', [signedAt('2026-05-25T00:00:00Z')], []],
    ['to the millisecond', [signedAt('2026-05-22T00:00:00Z')], []],
    ['a millisecond too old', [signedAt('2026-05-21T23:59:59.999Z')], ['TOO_OLD']],
    [
      'old, and timestamped again',
      [signedAt('2026-01-01T00:00:00Z'), signedAt('2026-05-31T00:00:00Z', 'timestamp-authority')],
      ['TOO_OLD'],
    ],
    ['of unknown age', [], ['NO_VERIFIED_TIME']],
  ])('maxAge: %s', async (_, times, codes) => {
    const decision = await decide(policySet(`authorities: [${aged}]`), {
      proofs: [madeUpProof({ identity, times })],
    })
    expect(codesOf(decision)).toEqual(codes)
  })

  test('rfc3161timestamp demands a timestamp; a log is not one', async () => {
    const set = policySet(`authorities: [${ci.replace('{name', '{rfc3161timestamp: {}, name')}]`)
    const logged = await decide(set, {
      proofs: [madeUpProof({ identity, times: [signedAt('2026-05-25T00:00:00Z')] })],
    })
    const stamped = await decide(set, {
      proofs: [madeUpProof({ identity, times: [signedAt('2026-05-25T00:00:00Z', 'timestamp-authority')] })],
    })
    expect([codesOf(logged), codesOf(stamped)]).toEqual([['NO_TIMESTAMP'], []])
  })

  test('a trust root without a log: strict wants some verified time, policy.sigstore.dev does not', async () => {
    const spec = `authorities: [${ci.replace('keyless: {', 'keyless: {trustRootRef: mine, ')}]`
    const proofs = [madeUpProof({ identity })]
    const strict = await decide(policySet(spec), { proofs })
    const compat = await decide(policySet(spec, 'policy.sigstore.dev/v1beta1'), { proofs })
    expect([codesOf(strict), compat.verdict]).toEqual([['NO_VERIFIED_TIME'], 'allow'])
  })
})

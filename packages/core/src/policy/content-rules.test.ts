import { describe, expect, test } from 'vitest'
import { codesOf, decide, policySet } from '../../../../test/support/decide.ts'
import { madeUpProof } from '../../../../test/support/proofs.ts'
import type { Proof } from '../verify/proof.ts'
import { evaluateCel } from './languages/cel.ts'
import { parsePolicyFile } from './parse-policy-file.ts'

const key =
  'key: {data: "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI\\nFNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==\\n-----END PUBLIC KEY-----"}, ctlog: {}'

async function verdict(attestation: string, proofs: readonly Proof[]): Promise<readonly unknown[]> {
  const github =
    'keyless: {identities: [{issuer: https://token.actions.githubusercontent.com, subjectRegExp: ".*"}]}'
  const signer = proofs.some(({ signer: { kind } }) => kind === 'certificate') ? github : key
  const decision = await decide(
    policySet(`authorities: [{${signer}, attestations: [{name: a, ${attestation}}]}]`),
    {
      proofs,
    },
  )
  return [decision.verdict, ...codesOf(decision)]
}

describe('a rule about verification summaries', () => {
  const type = 'https://slsa.dev/verification_summary/v1'
  const rule = (more = ''): string =>
    `predicateType: ${type}, vsa: {verifier: https://gate.example, levels: [SLSA_BUILD_LEVEL_2]${more}}`
  const summary = (more: Readonly<Record<string, unknown>> = {}): Proof =>
    madeUpProof({
      predicateType: type,
      predicate: {
        verifier: { id: 'https://gate.example' },
        timeVerified: '2026-05-31T00:00:00Z',
        resourceUri: 'oci://ghcr.io/acme/app',
        policy: { uri: 'https://policy.example/1' },
        verificationResult: 'PASSED',
        verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'ACME_OK'],
        ...more,
      },
    })
  const refused = ['deny', 'SUMMARY_MISMATCH']

  test('is met by a higher level of the track, and by nothing less', async () => {
    expect(await verdict(rule(), [summary()])).toEqual(['allow'])
    expect(await verdict(rule(), [summary({ verifiedLevels: ['SLSA_BUILD_LEVEL_1'] })])).toEqual(refused)
    expect(await verdict(rule(), [summary({ verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] })])).toEqual(refused)
    expect(await verdict(rule(), [summary({ verifiedLevels: 'SLSA_BUILD_LEVEL_3' })])).toEqual(refused)
    const own = rule().replace('SLSA_BUILD_LEVEL_2', 'ACME_OK')
    expect(await verdict(own, [summary()])).toEqual(['allow'])
    expect(await verdict(own.replace('ACME_OK', 'ACME_O'), [summary()])).toEqual(refused)
  })

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['another verifier', { verifier: { id: 'https://gate.example/evil' } }],
    ['no verifier', { verifier: undefined }],
    ['a failed one', { verificationResult: 'FAILED' }],
    ['no result', { verificationResult: undefined }],
    ['a result in other letters', { verificationResult: 'passed' }],
    ['one of the future', { timeVerified: '2030-01-01T00:00:00Z' }],
    ['one without a time', { timeVerified: undefined }],
    ['one with a time that is none', { timeVerified: 'yesterday' }],
  ])('is not met by %s', async (_, more) => {
    expect(await verdict(rule(), [summary(more)])).toEqual(refused)
  })

  test('knows the image by {repo}, and the policy by its digest', async () => {
    const named = rule(', resource: "oci://{repo}"')
    expect(await verdict(named, [summary()])).toEqual(['allow'])
    expect(await verdict(named, [summary({ resourceUri: 'oci://ghcr.io/acme/other' })])).toEqual(refused)
    const hashed = rule(`, policyDigest: "sha256:${'a'.repeat(64)}"`)
    const digest = { sha256: 'a'.repeat(64) }
    expect(await verdict(hashed, [summary({ policy: { digest } })])).toEqual(['allow'])
    expect(await verdict(hashed, [summary({ policy: { digest: { sha256: 'b'.repeat(64) } } })])).toEqual(
      refused,
    )
    expect(await verdict(hashed, [summary()])).toEqual(refused)
  })

  test('compares the resource and the policy exactly', async () => {
    const both = rule(', resource: "oci://ghcr.io/acme/app", policy: "https://policy.example/1"')
    expect(await verdict(both, [summary()])).toEqual(['allow'])
    expect(await verdict(both, [summary({ resourceUri: 'oci://ghcr.io/acme/app2' })])).toEqual(refused)
    expect(await verdict(both, [summary({ policy: {} })])).toEqual(refused)
  })

  test('goes by the age of the verification and of its signature', async () => {
    const recent = rule(', maxAge: 7d')
    const at = (time: string): Proof => {
      const proof = summary({ timeVerified: time })
      return {
        ...proof,
        times: [{ at: new Date('2026-05-30T00:00:00Z'), source: 'transparency-log', by: 'l' }],
      }
    }
    expect(await verdict(recent, [at('2026-05-30T00:00:00Z')])).toEqual(['allow'])
    expect(await verdict(recent, [at('2026-05-01T00:00:00Z')])).toEqual(refused)
    // Signed long ago, whatever it claims: the signature is too old.
    const old = {
      ...summary(),
      times: [{ at: new Date('2026-01-01T00:00:00Z'), source: 'transparency-log', by: 'l' }],
    } as const
    expect(await verdict(recent, [old])).toEqual(['deny', 'TOO_OLD'])
  })

  test('takes the latest one: a later FAILED stands, also beside a PASSED of the same moment', async () => {
    const failed = (timeVerified: string): Proof => summary({ verificationResult: 'FAILED', timeVerified })
    expect(await verdict(rule(), [summary(), failed('2026-05-01T00:00:00Z')])).toEqual(['allow'])
    expect((await verdict(rule(), [summary(), failed('2026-05-31T00:00:00Z')]))[0]).toBe('deny')
    expect((await verdict(rule(), [failed('2026-05-31T12:00:00Z'), summary()]))[0]).toBe('deny')
    // Of another verifier it says nothing.
    const stranger = summary({
      verificationResult: 'FAILED',
      timeVerified: '2026-05-31T12:00:00Z',
      verifier: { id: 'x' },
    })
    expect(await verdict(rule(), [stranger, summary()])).toEqual(['allow'])
  })
})

describe('a rule about provenance', () => {
  const type = 'https://slsa.dev/provenance/v1'
  const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'
  const extensions = {
    runnerEnvironment: 'github-hosted',
    sourceRepositoryURI: 'https://github.com/acme/app',
    sourceRepositoryRef: 'refs/tags/v1',
    buildSignerURI: workflow,
    buildConfigURI: workflow,
  }
  const runner = 'https://github.com/actions/runner/github-hosted'
  interface Said {
    readonly builder?: string
    readonly repository?: string
    readonly ref?: string
  }
  const provenance = (said: Said = {}, more: Readonly<Record<string, string>> = {}): Proof =>
    madeUpProof({
      predicateType: type,
      predicate: {
        buildDefinition: {
          externalParameters: {
            workflow: {
              repository: said.repository ?? 'https://github.com/acme/app',
              ref: said.ref ?? 'refs/tags/v1',
            },
          },
        },
        runDetails: { builder: { id: said.builder ?? runner } },
      },
      identity: {
        issuer: 'https://token.actions.githubusercontent.com',
        subject: workflow,
        extensions: { ...extensions, ...more },
      },
    })
  const signedBy = (repository: string, version: string): Proof =>
    provenance({}, { buildSignerURI: `${repository}/.github/workflows/build.yml@${version}` })
  const rule = (text: string): string => `predicateType: ${type}, slsa: {${text}}`
  const refused = ['deny', 'PROVENANCE_MISMATCH']

  test.each<[string, Proof, readonly string[]]>([
    [`builder: "${runner}"`, provenance(), ['allow']],
    ['builder: "https://github.com/actions/runner"', provenance(), refused],
    ['source: github.com/acme/app', provenance(), ['allow']],
    ['tag: "v*"', provenance(), ['allow']],
    ['parameters: {workflow.ref: refs/tags/v1}', provenance(), ['allow']],
    ['parameters: {workflow.ref: refs/tags/v2}', provenance(), refused],
    ['parameters: {inputs.release: true}', provenance(), refused],
    // What is no value of its own is none that was asked for.
    ['parameters: {workflow: "[object Object]"}', provenance(), refused],
    // I-09: a branch that is called like a tag.
    ['tag: "v*"', provenance({ ref: 'refs/heads/v1' }), refused],
    // The statement says one thing, the certificate another.
    [
      'source: github.com/acme/app',
      provenance({}, { sourceRepositoryURI: 'https://github.com/evil/app' }),
      refused,
    ],
    ['source: github.com/acme/app', provenance({ repository: 'https://github.com/evil/app' }), refused],
    ['tag: "v*"', provenance({}, { sourceRepositoryRef: 'refs/heads/main' }), refused],
    // A workflow that claims to be another builder.
    ['minLevel: 1', provenance({ builder: 'https://github.com/actions/runner-evil/github-hosted' }), refused],
    [
      `builder: "${workflow.replace('acme', 'evil')}"`,
      provenance({ builder: workflow.replace('acme', 'evil') }),
      refused,
    ],
    ['minLevel: 2', provenance(), ['allow']],
    ['minLevel: 3', provenance(), refused],
    // Another file of the same repository: whoever may change what is built may change it, too.
    ['minLevel: 3', provenance({}, { buildConfigURI: `${workflow}x` }), refused],
    ['minLevel: 3', signedBy('https://github.com/acme/ci', 'refs/heads/main'), refused],
    ['minLevel: 3', signedBy('https://github.com/acme/ci', 'refs/tags/v1'), refused],
    ['minLevel: 3', signedBy('https://github.com/Acme/App', 'refs/tags/v1.0.0'), refused],
    ['minLevel: 3', signedBy('https://github.com/acme/ci', 'refs/tags/v1.0.0'), ['allow']],
    ['minLevel: 3', signedBy('https://github.com/acme/ci', 'a'.repeat(40)), ['allow']],
    [
      'minLevel: 2',
      provenance(
        { builder: 'https://github.com/actions/runner/self-hosted' },
        { runnerEnvironment: 'self-hosted' },
      ),
      refused,
    ],
  ])('{%s}', async (text, proof, expected) => {
    expect(await verdict(rule(text), [proof])).toEqual(expected)
  })

  test('a key may name any builder, and is trusted for level 1', async () => {
    const byKey = madeUpProof({
      predicateType: type,
      predicate: { buildDefinition: {}, runDetails: { builder: { id: 'https://ci.acme.example' } } },
    })
    expect(await verdict(rule('builder: "https://ci.acme.example"'), [byKey])).toEqual(['allow'])
    expect(await verdict(rule('minLevel: 2'), [byKey])).toEqual(refused)
    expect(await verdict(rule('source: github.com/acme/app'), [byKey])).toEqual(refused)
  })

  test.each([
    'predicateType: https://x.example, slsa: {minLevel: 1}',
    'predicateType: https://x.example, vsa: {verifier: v, levels: [x]}',
    'predicateType: https://slsa.dev/provenance/v1, slsa: {}',
    'predicateType: https://slsa.dev/provenance/v1, slsa: {minLevel: 4}',
    'predicateType: https://slsa.dev/provenance/v1, slsa: {tag: v1, branch: main}',
    'predicateType: https://slsa.dev/provenance/v1, slsa: {ref: main}',
    'predicateType: https://slsa.dev/provenance/v1, slsa: {source: "git+https://github.com/acme/app"}',
    'predicateType: https://slsa.dev/verification_summary/v1, vsa: {levels: [x]}',
    'predicateType: https://slsa.dev/verification_summary/v1, vsa: {verifier: v, policyDigest: x}',
  ])('%s is a problem', (attestation) => {
    const text = `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], authorities: [{${key}, attestations: [{name: a, ${attestation}}]}]}`
    expect(parsePolicyFile(text, 'p.yaml').problems).toHaveLength(1)
  })
})

describe('a program over all authorities', () => {
  const type = 'https://example.com/scan'
  const scan = (score: number): Proof => madeUpProof({ predicateType: type, predicate: { score } })
  const ask = async (more: string, data: string): Promise<string> => {
    const policy = `authorities: [{${key}, name: k, attestations: [{name: a, predicateType: ${type}}]}], policy: {type: cel, data: '${data}'${more}}`
    const languages = { run: async ({ text }: { text: string }, input: unknown) => evaluateCel(text, input) }
    return (await decide(policySet(policy), { proofs: [scan(3)], languages })).verdict
  }

  test('sees the predicates where it asks for them', async () => {
    const low = 'authorityMatches.k.attestations.a.all(s, s.predicate.score < 5)'
    expect(await ask(', includePredicates: true', low)).toBe('allow')
    expect(await ask(', includePredicates: true', low.replace('5', '3'))).toBe('deny')
    expect(await ask('', low)).toBe('deny')
    expect(await ask('', 'authorityMatches.k.attestations.a.size() == 1')).toBe('allow')
  })
})

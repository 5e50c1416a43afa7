import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePolicyFile, workerLanguages, type InspectionFact } from '@assay/core'
import { gateScene, keyAuthority, scenePolicy, sceneTime } from '@assay/test-support/gate-scene'
import { afterAll, describe, expect, test } from 'vitest'

// Every policy of docs/policy.md, as it stands there; the example of a test is run by cli-policy-test.test.ts.
const text = readFileSync(join(import.meta.dirname, '../../docs/policy.md'), 'utf8')
const examples = new Map(
  [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, yaml = '']) => yaml)
    .filter((yaml) => !yaml.includes('kind: PolicyTest'))
    .map((yaml) => [/name: (\S+)/.exec(yaml)?.[1] ?? '', yaml]),
)
const vulns = 'https://in-toto.io/attestation/vulns/v0.2'
const release = {
  subject: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.4',
  issuer: 'https://token.actions.githubusercontent.com',
}
// Fulcio's numbers: 12 is the source repository, 20 the trigger.
const extensions = { '12': 'https://github.com/acme/app', '20': 'push' }

async function distroless(): Promise<InspectionFact> {
  return { distroless: 'effective', evidence: [] }
}

function example(name: string): string {
  const found = examples.get(name)
  if (found === undefined) throw new Error(`docs/policy.md has no example ${name}`)
  return found
}

/** GitHub's provenance of a build from a reference. */
function provenanceOf(ref: string): unknown {
  return {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { repository: 'https://github.com/acme/app', ref, path: '.github/workflows/release.yml' },
      },
      resolvedDependencies: [],
    },
    runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
  }
}

/** What a gate says about an image that passed at some levels. */
function summaryWith(levels: readonly string[]): unknown {
  return {
    verifier: { id: 'https://gate.acme.example' },
    timeVerified: sceneTime.toISOString(),
    resourceUri: 'oci://registry.example/acme/app',
    policy: { uri: 'https://gate.acme.example/policy' },
    verificationResult: 'PASSED',
    verifiedLevels: levels,
  }
}

describe('docs/policy.md', () => {
  const languages = workerLanguages()
  afterAll(() => languages.close())

  test.each([...examples])('the example %s reads without a problem', (_, policy) => {
    expect(parsePolicyFile(policy, 'policy.yaml')).toMatchObject({ problems: [], warnings: [] })
  })

  test('release: the release workflow, and no other', async () => {
    const scene = await gateScene({ host: 'registry.example' })
    expect((await scene.ask(example('release'))).verdict).toBe('deny')
    await scene.sign({ identity: { ...release, subject: release.subject.replace('acme', 'evil') } })
    expect((await scene.ask(example('release'))).verdict).toBe('deny')
    await scene.sign({ identity: release })
    expect((await scene.ask(example('release'))).verdict).toBe('allow')
  })

  test('by-key: that key, and no other', async () => {
    const scene = await gateScene({ host: 'registry.example' })
    await scene.sign()
    expect((await scene.ask(example('by-key'))).verdict).toBe('deny')
    // With the indentation that the example has.
    const own = example('by-key').replace(
      /^( +)-----BEGIN[\s\S]*-----END PUBLIC KEY-----/m,
      (_, indent: string) => scene.keys.publicPem.trim().replaceAll(/^/gm, indent),
    )
    expect((await scene.ask(own)).verdict).toBe('allow')
  })

  test.each<[string, unknown, 'allow' | 'deny']>([
    ['no critical finding', { scanner: { result: [{ severity: [{ score: 'low' }] }] } }, 'allow'],
    ['a critical finding', { scanner: { result: [{ severity: [{ score: 'critical' }] }] } }, 'deny'],
    ['no result at all', { scanner: {} }, 'deny'],
  ])('everything: %s', async (_, predicate, verdict) => {
    const scene = await gateScene({ host: 'registry.example' })
    await scene.attest(vulns, predicate, { identity: { ...release, extensions } })
    const references = [`registry.example/acme/app@${scene.image.digest}`]
    const question = { references, languages, io: { inspect: distroless } }
    expect((await scene.ask(example('everything'), question)).verdict).toBe(verdict)
    const byTag = await scene.ask(example('everything'), {
      ...question,
      references: ['registry.example/acme/app:v1'],
    })
    expect(byTag.verdict).toBe('deny')
  })

  test('provenance: of the repository and a tag, by GitHub’s runner', async () => {
    const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'
    // Fulcio's numbers: 9 signer, 11 runner, 12 repository, 14 reference, 18 configuration.
    const certified = {
      '9': workflow,
      '11': 'github-hosted',
      '12': 'https://github.com/acme/app',
      '14': 'refs/tags/v1',
      '18': workflow,
    }
    const identity = { ...release, subject: workflow, extensions: certified }
    const scene = await gateScene({ host: 'registry.example' })
    await scene.attest('slsaprovenance1', provenanceOf('refs/heads/v1'), { identity })
    expect((await scene.ask(example('provenance'))).verdict).toBe('deny')
    await scene.attest('slsaprovenance1', provenanceOf('refs/tags/v1'), { identity })
    expect((await scene.ask(example('provenance'))).verdict).toBe('allow')
  })

  test.each<[string, string, unknown, 'allow' | 'deny']>([
    [
      'an SBOM as wanted',
      '7.5',
      [{ name: 'app', licenses: [{ license: { id: 'MIT' } }] }, { name: 'x' }],
      'allow',
    ],
    ['a critical finding, by number', '9.8', [{ name: 'app' }], 'deny'],
    ['a critical finding, by word', 'Critical', [{ name: 'app' }], 'deny'],
    ['a component that is not wanted', 'low', [{ name: 'log4j-core' }], 'deny'],
    [
      'a licence that is not wanted',
      'low',
      [{ name: 'a', licenses: [{ license: { id: 'AGPL-3.0' } }] }],
      'deny',
    ],
    ['no component at all', 'low', [], 'deny'],
    ['no list of components', 'low', undefined, 'deny'],
  ])('contents: %s', async (...[, score, components, verdict]) => {
    const scene = await gateScene({ host: 'registry.example' })
    const identity = release
    await scene.attest(vulns, { scanner: { result: [{ severity: [{ score }] }] } }, { identity })
    await scene.attest('cyclonedx', { bomFormat: 'CycloneDX', specVersion: '1.6', components }, { identity })
    expect((await scene.ask(example('contents'), { languages })).verdict).toBe(verdict)
  })

  test('summary: of the named gate, recent, at the level', async () => {
    const identity = {
      ...release,
      subject: 'https://github.com/acme/gate/.github/workflows/gate.yml@refs/heads/main',
    }
    const type = 'https://slsa.dev/verification_summary/v1'
    const scene = await gateScene({ host: 'registry.example' })
    await scene.attest(type, summaryWith(['SLSA_BUILD_LEVEL_1']), { identity })
    expect((await scene.ask(example('summary'))).verdict).toBe('deny')
    const better = await gateScene({ host: 'registry.example' })
    await better.attest(type, summaryWith(['SLSA_BUILD_LEVEL_3']), { identity })
    expect((await better.ask(example('summary'))).verdict).toBe('allow')
  })

  test('a program that does not end leaves the question open', async () => {
    const scene = await gateScene()
    await scene.sign()
    const list = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`
    const endless = `${['a', 'b', 'c', 'd', 'e'].map((name) => `${list}.all(${name}, `).join('')}true${')'.repeat(5)}`
    const policy = scenePolicy(
      `authorities: [${keyAuthority(scene)}], policy: {type: cel, data: '${endless}'}`,
    )
    expect((await scene.ask(policy, { languages })).verdict).toBe('undecided')
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gateImages, noLanguages, parsePolicyFile, parseTrustRoot, type GateIo } from '@assay/core'
import { corpus } from '@assay/test-support/corpora'
import { describe, expect, test } from 'vitest'
import { openImage } from '../../packages/core/src/source/open-image.ts'

const images = corpus('github-signed-images')
const trust = corpus('trust')
const generator =
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml'

function policy(subject: string, more = '', predicateType = 'https://slsa.dev/provenance/v0.2'): string {
  return `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: slsa}
spec:
  images: [{glob: '**'}]
  authorities:
  - keyless:
      identities:
      - issuer: https://token.actions.githubusercontent.com
        ${subject}
        ${more}
    attestations:
    - {name: provenance, predicateType: '${predicateType}'}
`
}

async function ask(version: string, text: string): Promise<string> {
  const layout = join(images ?? '', version, 'container_workflow_dispatch')
  const digest = readFileSync(`${layout}.digest`, 'utf8')
    .trim()
    .replace(/^(?!sha256:)/, 'sha256:')
  const io: GateIo = {
    now: new Date('2026-06-01T00:00:00Z'),
    openImage: (reference, call) =>
      openImage(reference, { connect: () => Promise.reject(new Error('no network')) }, call),
    openPlace: () => Promise.reject(new Error('no other place')),
    trustRoot: async () => parseTrustRoot(readFileSync(join(trust ?? '', 'public-good.trusted_root.json'))),
    inspect: () => Promise.reject(new Error('no inspection')),
  }
  const set = { ...parsePolicyFile(text, 'policy.yaml'), noMatch: 'deny' } as const
  expect(set.broken).toEqual([])
  const report = await gateImages([{ reference: `oci:${layout}@${digest}` }], set, {
    io,
    languages: noLanguages,
  })
  return report.verdict
}

/** The generator's provenance, with a rule about what it has to say. */
function slsa(rule: string): string {
  return policy(`subjectRegExp: '${generator.replaceAll('.', '\\.')}@.*'`).replace(
    "v0.2'}",
    `v0.2', slsa: {${rule}}}`,
  )
}

describe.skipIf(images === undefined || trust === undefined)(
  'provenance rules over images that GitHub signed',
  () => {
    const source = 'github.com/slsa-framework/example-package'
    test.each<[string, string, string]>([
      ['v1.10.0', `builder: '${generator}'`, 'allow'],
      ['v1.10.0', `builder: '${generator}@refs/tags/v1.10.0'`, 'allow'],
      ['v1.10.0', `builder: '${generator}@refs/tags/v1.9.0'`, 'deny'],
      // Neither a beginning nor an ending of the name will do.
      ['v1.10.0', `builder: '${generator.slice(0, -1)}'`, 'deny'],
      ['v1.10.0', `source: ${source}`, 'allow'],
      ['v1.10.0', `source: ${source}.git`, 'deny'],
      ['v1.10.0', 'source: github.com/evil/example-package', 'deny'],
      ['v1.10.0', "tag: 'v13.*'", 'allow'],
      ['v1.10.0', "tag: 'v14.*'", 'deny'],
      ['v1.10.0', 'branch: main', 'deny'],
      ['v1.5.0', 'branch: main', 'allow'],
      ['v1.5.0', "tag: 'main'", 'deny'],
      ['v2.1.0', 'ref: refs/heads/main', 'allow'],
      ['v2.1.0', 'minLevel: 3', 'allow'],
      ['v2.1.0', `builder: '${generator}', source: ${source}, branch: 'm*', minLevel: 2`, 'allow'],
    ])('%s with {%s}: %s', async (version, rule, verdict) => {
      expect(await ask(version, slsa(rule))).toBe(verdict)
    })
  },
)

describe.skipIf(images === undefined || trust === undefined)('images that GitHub signed', () => {
  test.each<[string, string, string]>([
    ['the generator at its tag', policy(`subject: ${generator}@refs/tags/v1.10.0`), 'allow'],
    ['the generator at another tag', policy(`subject: ${generator}@refs/tags/v1.9.0`), 'deny'],
    [
      'the generator by a pattern',
      policy(`subjectRegExp: 'https://github\\.com/slsa-framework/.*@refs/tags/v1\\..*'`),
      'allow',
    ],
    ['a pattern that only fits inside', policy(`subjectRegExp: 'slsa-github-generator'`), 'deny'],
    [
      'the right source repository',
      policy(
        `subject: ${generator}@refs/tags/v1.10.0`,
        'extensions: {githubWorkflowRepository: slsa-framework/example-package}',
      ),
      'allow',
    ],
    [
      'another source repository',
      policy(
        `subject: ${generator}@refs/tags/v1.10.0`,
        'extensions: {githubWorkflowRepository: evil/example-package}',
      ),
      'deny',
    ],
    [
      'another predicate type',
      policy(`subject: ${generator}@refs/tags/v1.10.0`, '', 'https://slsa.dev/provenance/v1'),
      'deny',
    ],
  ])('%s', async (_, text, verdict) => {
    expect(await ask('v1.10.0', text)).toBe(verdict)
  })

  test('the policy for one release does not allow another', async () => {
    expect(await ask('v2.1.0', policy(`subject: ${generator}@refs/tags/v2.1.0`))).toBe('allow')
    expect(await ask('v2.1.0', policy(`subject: ${generator}@refs/tags/v1.10.0`))).toBe('deny')
  })
})

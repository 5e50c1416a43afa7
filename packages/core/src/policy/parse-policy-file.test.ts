import { describe, expect, test } from 'vitest'
import { parsePolicyFile } from './parse-policy-file.ts'
import type { ProblemCode } from './problem.ts'

const pem = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZxAfzrQG1EbWyCI8LiSB7YgSFXoI
FNGTyQGKHFc6/H8TQumT9VLS78pUwtv3w7EfKoyFZoP32KrO7nzUy2q6Cw==
-----END PUBLIC KEY-----`

const keyBlock = pem.replaceAll('\n', '\n          ')

function document(spec: string, apiVersion = 'assay.dev/v1alpha1'): string {
  return `apiVersion: ${apiVersion}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec:\n${spec}`
}

const images = "  images: [{glob: 'ghcr.io/acme/**'}]\n"
const authority = `  authorities:\n  - key:\n      data: |\n          ${keyBlock}\n    ctlog: {url: https://rekor.sigstore.dev}\n`
const identity = '{issuer: https://issuer.example, subject: someone@example.com}'

function codesOf(text: string): readonly (readonly [ProblemCode, string])[] {
  return parsePolicyFile(text, 'p.yaml').problems.map(({ code, path }) => [code, path])
}

describe('a policy file', () => {
  test('gives one policy for each document', () => {
    const { policies, problems } = parsePolicyFile(document(images + authority), 'p.yaml')
    expect(problems).toEqual([])
    expect(policies).toMatchObject([
      {
        name: 'p',
        semantics: 'strict',
        mode: 'enforce',
        require: { kind: 'any' },
        images: [{ glob: 'ghcr.io/acme/**' }],
      },
    ])
    expect(policies[0]?.authorities).toMatchObject([
      {
        name: 'authority-0',
        log: { demand: 'required' },
        signatureFormat: 'auto',
        signer: { kind: 'key' },
      },
    ])
  })

  test('names all its problems at once, each with its line and column', () => {
    const text = document(
      "  mode: never\n  images: [{glob: '['}]\n  authorities:\n  - keyless: {identities: [{issuer: x}]}\n  - {}\n",
    )
    const { problems, policies, broken } = parsePolicyFile(text, 'p.yaml')
    expect(policies).toEqual([])
    expect(broken).toMatchObject([{ name: 'p', images: undefined }])
    expect(problems.map(({ line, column, code, path }) => [line, column, code, path])).toEqual([
      [5, 9, 'INVALID_VALUE', 'spec.mode'],
      [6, 19, 'INVALID_VALUE', 'spec.images[0].glob'],
      [8, 28, 'MISSING_FIELD', 'spec.authorities[0].keyless.identities[0]'],
      [9, 5, 'MISSING_FIELD', 'spec.authorities[1]'],
    ])
  })

  test('keeps the globs of a policy that is broken elsewhere', () => {
    const { broken } = parsePolicyFile(document(images), 'p.yaml')
    expect(broken).toMatchObject([{ name: 'p', images: [{ glob: 'ghcr.io/acme/**' }] }])
  })
})

describe.each<[string, string, readonly [ProblemCode, string]]>([
  ['an unknown field', `${images}${authority}  verifyDigest: true\n`, ['UNKNOWN_FIELD', 'spec.verifyDigest']],
  ['a number for text', `  images: [{glob: 1}]\n${authority}`, ['WRONG_TYPE', 'spec.images[0].glob']],
  ['no images', authority, ['MISSING_FIELD', 'spec']],
  ['no authorities', images, ['MISSING_FIELD', 'spec']],
  [
    'a private key',
    `${images}  authorities: [{key: {data: "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----"}}]\n`,
    ['INVALID_VALUE', 'spec.authorities[0].key.data'],
  ],
  [
    'two authorities of one name',
    `${images}  authorities: [{name: a, static: {action: pass}}, {name: a, static: {action: pass}}]\n`,
    ['DUPLICATE_NAME', 'spec.authorities[1]'],
  ],
  [
    'a pattern that is not RE2',
    `${images}  authorities: [{keyless: {identities: [{issuer: a, subjectRegExp: '(?=x)'}]}}]\n`,
    ['INVALID_VALUE', 'spec.authorities[0].keyless.identities[0].subjectRegExp'],
  ],
  [
    'an unknown certificate extension',
    `${images}  authorities: [{keyless: {identities: [{issuer: a, subject: b, extensions: {sourceRepo: c}}]}}]\n`,
    ['UNKNOWN_FIELD', 'spec.authorities[0].keyless.identities[0].extensions.sourceRepo'],
  ],
  [
    'a threshold beyond the authorities',
    `${images}${authority}  require: {atLeast: 2}\n`,
    ['INVALID_VALUE', 'spec.require.atLeast'],
  ],
  [
    'a threshold of zero',
    `${images}${authority}  require: {atLeast: 0}\n`,
    ['INVALID_VALUE', 'spec.require.atLeast'],
  ],
  [
    'a threshold in quotes',
    `${images}${authority}  require: {atLeast: '1'}\n`,
    ['WRONG_TYPE', 'spec.require.atLeast'],
  ],
  [
    'an exception without an end',
    `${images}${authority}  exceptions: [{images: [{glob: a}], reason: r}]\n`,
    ['MISSING_FIELD', 'spec.exceptions[0]'],
  ],
  [
    'an exception that ends on a day that is not',
    `${images}${authority}  exceptions: [{images: [{glob: a}], reason: r, expires: 2026-02-30}]\n`,
    ['INVALID_VALUE', 'spec.exceptions[0].expires'],
  ],
  [
    'an unknown distroless verdict',
    `${images}  inspect: {distroless: debug}\n`,
    ['INVALID_VALUE', 'spec.inspect.distroless'],
  ],
  ['an empty inspect rule', `${images}${authority}  inspect: {}\n`, ['MISSING_FIELD', 'spec.inspect']],
  [
    'a duration without a unit',
    `${images}  authorities: [{keyless: {identities: [${identity}]}, maxAge: 30}]\n`,
    ['WRONG_TYPE', 'spec.authorities[0].maxAge'],
  ],
  [
    'static beside attestations',
    `${images}  authorities: [{static: {action: pass}, attestations: [{name: a, predicateType: vuln}]}]\n`,
    ['CONFLICTING_FIELDS', 'spec.authorities[0]'],
  ],
  [
    'a program without its text',
    `${images}  authorities: [{keyless: {identities: [${identity}]}, attestations: [{name: a, predicateType: vuln, policy: {type: cel}}]}]\n`,
    ['MISSING_FIELD', 'spec.authorities[0].attestations[0].policy'],
  ],
  [
    'object input for an attestation',
    `${images}  authorities: [{keyless: {identities: [${identity}]}, attestations: [{name: a, predicateType: vuln, policy: {type: cel, data: 'true', includeSpec: true}}]}]\n`,
    ['CONFLICTING_FIELDS', 'spec.authorities[0].attestations[0].policy.includeSpec'],
  ],
  [
    'a remote program over http',
    `${images}${authority}  policy: {type: cue, remote: {url: 'http://example.com/p', sha256sum: ${'a'.repeat(64)}}}\n`,
    ['INVALID_VALUE', 'spec.policy.remote.url'],
  ],
  [
    'several sources',
    `${images}  authorities: [{keyless: {identities: [${identity}]}, source: [{oci: a.example}, {oci: b.example}]}]\n`,
    ['INVALID_VALUE', 'spec.authorities[0].source'],
  ],
])('%s', (_, spec, problem) => {
  test('is the one problem', () => {
    expect(codesOf(document(spec))).toEqual([problem])
  })
})

describe('fields of our own kind', () => {
  test.each([
    `  exclude: [{glob: a}]\n`,
    `  require: all\n`,
    `  requireDigest: true\n`,
    `  inspect: {distroless: strict}\n`,
    `  exceptions: []\n`,
  ])('are unknown to policy.sigstore.dev: %s', (extra) => {
    const field = extra.trim().split(':', 1)[0]
    expect(codesOf(document(images + authority + extra, 'policy.sigstore.dev/v1beta1'))).toEqual([
      ['UNKNOWN_FIELD', `spec.${field}`],
    ])
    expect(codesOf(document(images + authority + extra))).toEqual([])
  })
})

describe('warnings', () => {
  test.each<[string, string, string]>([
    ['TAG_GLOB', 'assay.dev/v1alpha1', `  images: [{glob: 'ghcr.io/acme/app:v1*'}]\n${authority}`],
    ['SHORT_GLOB', 'assay.dev/v1alpha1', `  images: [{glob: 'alpine*'}]\n${authority}`],
    ['UNREACHABLE', 'assay.dev/v1alpha1', `${images}  exclude: [{glob: 'ghcr.io/**'}]\n${authority}`],
    ['UNREACHABLE', 'assay.dev/v1alpha1', `${images}${authority}  - static: {action: pass}\n`],
    ['NO_DECISION', 'policy.sigstore.dev/v1beta1', `${images}${authority}  mode: warn\n`],
    ['KEY_WITHOUT_LOG', 'policy.sigstore.dev/v1beta1', `${images}${authority.replace(/ {4}ctlog.*\n/, '')}`],
    [
      'SHORT_PREDICATE_TYPE',
      'policy.sigstore.dev/v1beta1',
      `${images}${authority}    attestations: [{name: a, predicateType: vuln}]\n`,
    ],
    [
      'UNANCHORED_PATTERN',
      'policy.sigstore.dev/v1beta1',
      `${images}  authorities: [{keyless: {identities: [{issuer: a, subjectRegExp: 'b.*'}]}}]\n`,
    ],
    [
      'SEVERAL_KEYS',
      'policy.sigstore.dev/v1beta1',
      `${images}${authority.replace(keyBlock, `${keyBlock}\n          ${keyBlock}`)}`,
    ],
  ])('%s', (code, version, spec) => {
    const { problems, warnings } = parsePolicyFile(document(spec, version), 'p.yaml')
    expect(problems).toEqual([])
    expect(warnings.map((warning) => warning.code)).toEqual([code])
  })

  test('of several keys compat takes the first and strict all', () => {
    const spec = `${images}${authority.replace(keyBlock, `${keyBlock}\n          ${keyBlock}`)}`
    const count = (version: string): number | undefined => {
      const [first] = parsePolicyFile(document(spec, version), 'p.yaml').policies[0]?.authorities ?? []
      return first?.kind === 'signed' && first.signer.kind === 'key' && first.signer.key.kind === 'data'
        ? first.signer.key.pems.length
        : undefined
    }
    expect(count('policy.sigstore.dev/v1beta1')).toBe(1)
    expect(count('assay.dev/v1alpha1')).toBe(2)
  })
})

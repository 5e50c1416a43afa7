import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { parsePolicyFile } from '@assay/core'
import { describe, expect, test } from 'vitest'

// The rules of policy-controller's own validation (pkg/apis/policy/{common,v1alpha1,v1beta1}), one a row: what a
// cluster accepts is accepted, what it rejects is rejected, at the same field.

function pem(curve: string): string {
  return generateKeyPairSync('ec', { namedCurve: curve })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
}
const key = JSON.stringify(pem('prime256v1'))
const identity = 'identities: [{issuer: i, subject: s}]'
const pass = 'static: {action: pass}'
const keyless = (more: string): string => `authorities: [{keyless: {${identity}, ${more}}}]`
const source = (text: string): string => `authorities: [{key: {data: ${key}}, source: [${text}]}]`
const attestation = (text: string): string =>
  `authorities: [{key: {data: ${key}}, attestations: [{name: a, ${text}}]}]`
const kms = (text: string): string => `authorities: [{key: {kms: '${text}'}}]`
const arn = 'arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

const accepted: readonly string[] = [
  `authorities: [{key: {data: ${key}, hashAlgorithm: ' SHA512 '}}]`,
  `authorities: [{key: {data: ${key}}, signatureFormat: other}]`,
  'authorities: [{key: {secretRef: {}}}]',
  'authorities: [{key: {secretRef: {name: s, namespace: cosign-system}}}]',
  `authorities: [{name: twice, ${pass}}, {name: twice, ${pass}}]`,
  `authorities: [{${pass}, signatureFormat: bundle}]`,
  `authorities: [{keyless: {${identity}, ca-cert: {data: ${key}}}}]`,
  'authorities: [{keyless: {identities: [{issuer: i, subject: s}], ca-cert: {secretRef: {name: s}}}}]',
  ...['fulcio.example', '/just/a/path', 'ftp://host', 'mailto:a@b', 'https://h:/', 'https://[::1]:80'].map(
    (url) => keyless(`url: '${url}'`),
  ),
  `authorities: [{key: {data: ${key}}, ctlog: {url: 'rekor.example'}}]`,
  ...[
    '{}',
    '{oci: registry.example}',
    '{oci: "registry.example:5000/a/b"}',
    '{oci: localhost}',
    '{oci: ""}',
  ].map(source),
  source('{oci: "ghcr.io/acme/sigs", signaturePullSecrets: [{name: s}]}'),
  ...['vuln', 'no-uri-at-all', 'https://cosign.sigstore.dev/attestation/vuln/v1'].map((type) =>
    attestation(`predicateType: '${type}'`),
  ),
  attestation("predicateType: custom, policy: {type: cue, remote: {url: 'https://h/p', sha256sum: any}}"),
  attestation('predicateType: custom, policy: {type: rego, configMapRef: {name: n, key: k, namespace: x}}'),
  `authorities: [{${pass}}], policy: {type: cue, data: x, fetchConfigFile: true, includeSpec: true, includeObjectMeta: true, includeTypeMeta: true}`,
  `authorities: [{${pass}}], match: [{resource: pods, selector: {matchLabels: {a: b}}}]`,
  `authorities: [{${pass}}], match: [{version: v1, selector: {matchLabels: {a: b}}}]`,
  ...[
    `awskms:///${arn}`,
    `awskms://localhost:4566/${arn}`,
    `awskms://[::1]:80/${arn}`,
    `awskms://host:/${arn}`,
  ].map(kms),
  kms('awskms:///arn:aws:kms:us-east-2:111122223333:alias/ExampleAlias'),
  ...['gcpkms://anything', 'azurekms://x', 'hashivault://y'].map(kms),
]

const lateFaults: readonly string[] = [
  // What policy-controller does not look at before it is used.
  `authorities: [{key: {data: ${key}}, source: [{tagPrefix: '!!'}]}]`,
  'authorities: [{key: {secretRef: {name: "A B"}}}]',
  `authorities: [{${pass}, source: [], attestations: []}]`,
  `authorities: [{${pass}}], match: [{resource: pods, selector: {matchExpressions: [{key: a, operator: In}]}}]`,
  `authorities: [{${pass}}], match: [{resource: pods, selector: {matchExpressions: [{operator: Foo}]}}]`,
]

const rejected: readonly (readonly [string, string])[] = [
  [`authorities: [{key: {data: ${key}, hashAlgorithm: sha1}}]`, 'spec.authorities[0].key.hashAlgorithm'],
  [
    `authorities: [{key: {data: ${JSON.stringify(`  ${pem('prime256v1')}`)}}}]`,
    'spec.authorities[0].key.data',
  ],
  [keyless("url: 'https://h%41/'"), 'spec.authorities[0].keyless.url'],
  [`authorities: [{key: {data: ${JSON.stringify(pem('secp256k1'))}}}]`, 'spec.authorities[0].key.data'],
  [
    'authorities: [{key: {secretRef: {name: s, namespace: invalid}}}]',
    'spec.authorities[0].key.secretRef.namespace',
  ],
  [`authorities: [{${pass}, ctlog: {}}]`, 'spec.authorities[0]'],
  [`authorities: [{${pass}, rfc3161timestamp: {}}]`, 'spec.authorities[0]'],
  [`authorities: [{${pass}, source: [{oci: r}]}]`, 'spec.authorities[0]'],
  ['authorities: [{static: {action: maybe}}]', 'spec.authorities[0].static.action'],
  ['authorities: [{static: {}}]', 'spec.authorities[0].static'],
  [
    `authorities: [{keyless: {${identity}, ca-cert: {data: no key}}}]`,
    'spec.authorities[0].keyless.ca-cert.data',
  ],
  ...[
    'https://a b',
    'https://h:port',
    ':x',
    'a:b/%zz?',
    'first:segment/x',
    'https://h/%zz',
    'https://[::1',
  ].flatMap((url) =>
    url.startsWith('a:b') || url.startsWith('first')
      ? []
      : [[keyless(`url: '${url}'`), 'spec.authorities[0].keyless.url'] as const],
  ),
  ...[
    're@gistry/reponame',
    'registry/reponame',
    'localhost/x',
    'ghcr.io/UPPER',
    'ghcr.io/x',
    'docker.io/alpine',
    'a b',
  ].map((oci) => [source(`{oci: '${oci}'}`), 'spec.authorities[0].source[0].oci'] as const),
  [
    source('{oci: a.b/cd, signaturePullSecrets: [{name: ""}]}'),
    'spec.authorities[0].source[0].signaturePullSecrets[0]',
  ],
  [source('{oci: a.b/cd}, {oci: a.b/ef}'), 'spec.authorities[0].source'],
  [attestation('predicateType: ""'), 'spec.authorities[0].attestations[0]'],
  [
    attestation('predicateType: custom, policy: {type: cel, data: x}'),
    'spec.authorities[0].attestations[0].policy.type',
  ],
  [attestation('predicateType: custom, policy: {type: cue}'), 'spec.authorities[0].attestations[0].policy'],
  [
    attestation("predicateType: custom, policy: {type: cue, remote: {url: 'http://h/p', sha256sum: s}}"),
    'spec.authorities[0].attestations[0].policy.remote.url',
  ],
  [
    attestation("predicateType: custom, policy: {type: cue, remote: {url: 'https://h/p'}}"),
    'spec.authorities[0].attestations[0].policy.remote',
  ],
  [
    attestation('predicateType: custom, policy: {type: cue, configMapRef: {name: n}}'),
    'spec.authorities[0].attestations[0].policy.configMapRef',
  ],
  [
    attestation('predicateType: custom, policy: {type: cue, data: x, fetchConfigFile: false}'),
    'spec.authorities[0].attestations[0].policy.fetchConfigFile',
  ],
  [`authorities: [{${pass}}], match: [{selector: {matchLabels: {a: b}}}]`, 'spec.match[0].selector'],
  [`authorities: [{${pass}}], match: [{resource: apples}]`, 'spec.match[0].resource'],
  ...[
    'awskms://localhost:4566',
    `awskms://${arn}`,
    `awskms://localhost/${arn}`,
    'awskms:///alias/ExampleAlias',
    'awskms:///1234abcd-12ab-34cd-56ef-1234567890ab',
    'awskms:///arn:aws:kms:us-east-2:1111:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'kms://x',
  ].map((reference) => [kms(reference), 'spec.authorities[0].key.kms'] as const),
]

function reading(spec: string, version: string): ReturnType<typeof parsePolicyFile> {
  const text = `apiVersion: policy.sigstore.dev/${version}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], ${spec}}`
  return parsePolicyFile(text, 'p.yaml')
}

describe.each(['v1alpha1', 'v1beta1'])('the rules of policy-controller, %s', (version) => {
  test.each([...accepted, ...lateFaults])('accepts %s', (spec) => {
    expect(reading(spec, version)).toMatchObject({ problems: [], policies: [{ name: 'p' }] })
  })

  test.each(rejected)('rejects %s at %s', (spec, path) => {
    const { problems, policies } = reading(spec, version)
    expect(policies).toEqual([])
    expect(problems.map((problem) => problem.path)).toContain(path)
  })
})

function tarOf(name: string): string {
  const tar = Buffer.alloc(1536)
  tar.write(name)
  return gzipSync(tar).toString('base64')
}

function trustRootFaults(spec: string): readonly string[] {
  const text = `apiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nmetadata: {name: t}\nspec: ${spec}`
  return parsePolicyFile(text, 't.yaml').problems.map(({ path }) => path)
}

describe('the rules for a TrustRoot', () => {
  const root = Buffer.from('{"signatures":[]}').toString('base64')
  test.each([
    `{remote: {root: ${root}, mirror: m}}`,
    `{remote: {root: ${root}, mirror: 'https://m', targets: t, trustedRootTarget: x}}`,
    `{remote: {root: ${Buffer.from('{"signatures":5}').toString('base64')}, mirror: m}}`,
    `{repository: {root: ${root}, mirrorFS: ${tarOf('repository/timestamp.json')}}}`,
  ])('accepts %s', (spec) => {
    expect(trustRootFaults(spec)).toEqual([])
  })

  test.each([
    ['{}', 'spec'],
    [`{remote: {root: ${root}}}`, 'spec.remote'],
    ['{remote: {mirror: m}}', 'spec.remote'],
    [`{remote: {root: ${Buffer.from('{}').toString('base64')}, mirror: m}}`, 'spec.remote.root'],
    [`{remote: {root: ${Buffer.from('[]').toString('base64')}, mirror: m}}`, 'spec.remote.root'],
    [`{remote: {root: ${root}, mirror: m}, sigstoreKeys: {}}`, 'spec'],
    [`{repository: {root: ${root}}}`, 'spec.repository'],
    [`{repository: {root: ${root}, mirrorFS: eA==}}`, 'spec.repository.mirrorFS'],
    [
      `{repository: {root: ${root}, mirrorFS: ${tarOf('repository/other.json')}}}`,
      'spec.repository.mirrorFS',
    ],
    ['{sigstoreKeys: {}}', 'spec.sigstoreKeys'],
    ['{sigstoreKeys: {certificateAuthorities: [{}]}}', 'spec.sigstoreKeys.certificateAuthorities[0]'],
  ])('rejects %s at %s', (spec, path) => {
    expect(trustRootFaults(spec)).toContain(path)
  })
})

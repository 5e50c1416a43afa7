import {
  gateImages,
  gateRequests,
  collectImageReferences,
  noLanguages,
  parsePolicyFile,
  parsePolicyFiles,
  parseTrustRoot,
} from '@assay/core'
import { fetchManifest, streamOf, type HttpResponse } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { when } from '../support/registry/faults.ts'

// The registry, or whoever writes manifests, answers for something that nobody checked.

async function signedPolicy(scene: GateScene): Promise<string> {
  await scene.sign()
  return scenePolicy(`authorities: [${keyAuthority(scene)}]`)
}

function answer(bytes: Uint8Array, headers: Readonly<Record<string, string>>): HttpResponse {
  return { status: 200, headers, body: streamOf(bytes) }
}

describe('another image under a digest that was asked for', () => {
  const type = 'application/vnd.oci.image.manifest.v1+json'

  test.each<[string, (asked: string, served: string) => Readonly<Record<string, string>>]>([
    ['A-64: with the digest that was asked for', (asked) => ({ 'docker-content-digest': asked })],
    ['A-68: with the digest of what it sends', (_, served) => ({ 'docker-content-digest': served })],
    ['A-64: with no digest', () => ({})],
  ])('%s in the header', async (_, headers) => {
    const scene = await gateScene()
    const policy = await signedPolicy(scene)
    const evil = await scene.push('evil')
    const { bytes } = await fetchManifest(scene.repository, evil, {})
    scene.registry.setFaults([
      when(/\/manifests\/sha256:/, () =>
        answer(bytes, { 'content-type': type, ...headers(scene.image.digest, evil.digest) }),
      ),
    ])
    const report = await scene.ask(policy, { references: [`registry.test/acme/app@${scene.image.digest}`] })
    expect(report).toMatchObject({ verdict: 'deny', decisions: [{ because: [{ code: 'IMAGE_REFUSED' }] }] })
  })

  test('A-66: bytes that are not what the registry announced', async () => {
    const scene = await gateScene()
    const policy = await signedPolicy(scene)
    scene.registry.setFaults([
      when(/\/manifests\/v1$/, () =>
        answer(Buffer.from('{"schemaVersion":2}'), {
          'content-type': type,
          'docker-content-digest': scene.image.digest,
        }),
      ),
    ])
    expect((await scene.ask(policy)).verdict).toBe('deny')
  })
})

describe('what an object says about itself', () => {
  test('A-72: annotations, labels and a status that claim a verification change nothing', async () => {
    const scene = await gateScene()
    const claim = `{assay.dev/verified: '{"image":"pass"}', kyverno.io/verify-images: '{"registry.test/acme/app:v1":"pass"}'}`
    const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: ${claim}, labels: {verified: 'true'}}\nspec: {containers: [{image: 'registry.test/acme/app:v1'}]}\nstatus: {verdict: allow, assay: pass}\n`
    const { policies, broken } = parsePolicyFile(
      scenePolicy(`authorities: [${keyAuthority(scene)}]`),
      'p.yaml',
    )
    const set = { policies, broken, noMatch: 'deny' } as const
    const found = collectImageReferences({ name: 'pod.yaml', text, kind: 'manifest' })
    const report = await gateImages(gateRequests([found], set), set, { io: scene.io, languages: noLanguages })
    expect(report.verdict).toBe('deny')
  })
})

describe('what nobody knows', () => {
  test('A-83: a policy for namespaces whose labels could not be had applies', async () => {
    const scene = await gateScene()
    const policy = await signedPolicy(scene)
    const frozen = scenePolicy(
      'namespaceSelector: {matchLabels: {tier: prod}}, authorities: [{static: {action: fail}}]',
      'frozen',
    )
    expect((await scene.ask(policy + frozen)).verdict).toBe('deny')
  })
})

describe('thresholds and keys that are none', () => {
  const some = '{name: a, static: {action: pass}}, {name: b, static: {action: pass}}'

  test.each(['0', '-1', '.nan', '"1"', '3', '1.5', '', '[]', '{}', 'true'])(
    'A-86: atLeast: %s is a problem',
    (count) => {
      const text = scenePolicy(`authorities: [${some}], require: {atLeast: ${count}}`)
      expect(parsePolicyFile(text, 'p.yaml').problems).not.toEqual([])
    },
  )

  test.each([
    'authorities: []',
    "authorities: [{key: {data: ''}, ctlog: {}}]",
    "authorities: [{key: {data: ' '}, ctlog: {}}]",
    'authorities: [{key: {data: "-----BEGIN PUBLIC KEY-----\\n-----END PUBLIC KEY-----"}, ctlog: {}}]',
    'authorities: [{keyless: {identities: []}}]',
    "authorities: [{keyless: {identities: [{issuer: '', subject: ''}]}}]",
    'authorities: [{keyless: {identities: [{}]}}]',
  ])('A-87: %s is a problem, and stands in the way', async (spec) => {
    const scene = await gateScene()
    await scene.sign()
    const { problems, broken } = parsePolicyFiles([{ name: 'p.yaml', text: scenePolicy(spec) }])
    expect([problems.length > 0, broken.length]).toEqual([true, 1])
    expect((await scene.ask(scenePolicy(spec))).verdict).toBe('undecided')
  })

  test('A-87: a trust root that trusts nobody verifies nothing', async () => {
    const scene = await gateScene()
    const policy = await signedPolicy(scene)
    const empty = parseTrustRoot(
      Buffer.from(
        JSON.stringify({
          mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
          certificateAuthorities: [],
          timestampAuthorities: [],
          tlogs: [],
          ctlogs: [],
        }),
      ),
    )
    expect((await scene.ask(policy, { io: { trustRoot: async () => empty } })).verdict).not.toBe('allow')
  })
})

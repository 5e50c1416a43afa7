import { namedTrustRoots, parsePolicyFile } from '@assay/core'
import { gateScene, type GateScene } from '@assay/test-support/gate-scene'
import { trustRootDocument } from '@assay/test-support/trust-root-document'
import { describe, expect, test } from 'vitest'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }

const policy = `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: p}
spec:
  images: [{glob: '**'}]
  authorities:
  - keyless:
      trustRootRef: mine
      identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]
    ctlog: {trustRootRef: mine}
    signatureFormat: bundle
`

async function noOwnRoot(): Promise<never> {
  throw new Error('nobody asked for the own root')
}

async function verdictOf(scene: GateScene, documents: string): Promise<string> {
  const { trustRoots } = parsePolicyFile(documents, 'policy.yaml')
  const report = await scene.ask(documents, { io: { trustRoot: namedTrustRoots(trustRoots, noOwnRoot) } })
  return report.verdict
}

describe('a TrustRoot beside the policy', () => {
  test('says whose certificates and logs count', async () => {
    const scene = await gateScene()
    const stranger = await gateScene()
    await scene.sign({ identity: ci })
    expect(await verdictOf(scene, `${policy}${trustRootDocument(scene.sigstore.trustedRoot)}`)).toBe('allow')
    expect(await verdictOf(scene, `${policy}${trustRootDocument(stranger.sigstore.trustedRoot)}`)).toBe(
      'deny',
    )
  })

  test('that is missing leaves the question open', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    expect(await verdictOf(scene, policy)).toBe('undecided')
  })

  test('that is a TUF repository leaves the question open', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const root = Buffer.from('{"signatures":[],"signed":{}}').toString('base64')
    const remote = `---\napiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nmetadata: {name: mine}\nspec: {remote: {mirror: 'https://tuf.example', root: ${root}}}\n`
    expect(await verdictOf(scene, `${policy}${remote}`)).toBe('undecided')
  })
})

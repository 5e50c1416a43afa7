import { namedTrustRoots, parsePolicyFile } from '@assay/core'
import { gateScene, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }

interface Material {
  readonly certificateAuthorities: readonly Chain[]
  readonly timestampAuthorities: readonly Chain[]
  readonly tlogs: readonly Log[]
  readonly ctlogs: readonly Log[]
}

interface Chain {
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
}

interface Log {
  readonly baseUrl: string
  readonly publicKey: { readonly rawBytes: string }
}

function chain({ certChain }: Chain): unknown {
  const certificates = certChain.certificates.map(({ rawBytes }) => pem('CERTIFICATE', rawBytes))
  const subject = { organization: 'o', commonName: 'c' }
  return { subject, uri: 'https://ca.example', certChain: base64(certificates.join('\n')) }
}

function log({ baseUrl, publicKey }: Log): unknown {
  const key = base64(pem('PUBLIC KEY', publicKey.rawBytes))
  return { baseURL: baseUrl, hashAlgorithm: 'sha-256', publicKey: key }
}

/** The scene's trust material as a TrustRoot document: base64 of PEM. */
function trustRoot({ sigstore }: GateScene): string {
  const material: Material = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
  const sigstoreKeys = {
    certificateAuthorities: material.certificateAuthorities.map(chain),
    timestampAuthorities: material.timestampAuthorities.map(chain),
    tLogs: material.tlogs.map(log),
    ctLogs: material.ctlogs.map(log),
  }
  const metadata = { name: 'mine' }
  return `---\n${JSON.stringify({ apiVersion: 'policy.sigstore.dev/v1alpha1', kind: 'TrustRoot', metadata, spec: { sigstoreKeys } })}\n`
}

function pem(label: string, rawBytes: string): string {
  return `-----BEGIN ${label}-----\n${(rawBytes.match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

const policy = `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: p}
spec:
  images: [{glob: '**'}]
  authorities:
  - keyless:
      trustRootRef: mine
      identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]
    ctlog: {url: https://rekor.example, trustRootRef: mine}
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
    expect(await verdictOf(scene, `${policy}${trustRoot(scene)}`)).toBe('allow')
    expect(await verdictOf(scene, `${policy}${trustRoot(stranger)}`)).toBe('deny')
  })

  test('that is missing leaves the question open', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    expect(await verdictOf(scene, policy)).toBe('undecided')
  })

  test('that is a TUF repository leaves the question open', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const root = base64('{"signatures":[],"signed":{}}')
    const remote = `---\napiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nmetadata: {name: mine}\nspec: {remote: {mirror: 'https://tuf.example', root: ${root}}}\n`
    expect(await verdictOf(scene, `${policy}${remote}`)).toBe('undecided')
  })
})

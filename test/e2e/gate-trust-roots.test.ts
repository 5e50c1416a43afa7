import { X509Certificate } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { namedTrustRoots, parsePolicyFile, remoteTrustRoot } from '@assay/core'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { trustRootDocument } from '@assay/test-support/trust-root-document'
import { describe, expect, test } from 'vitest'
import { release, rootOf, serveTuf, signed, tufKey, type TufFiles } from '../support/tuf-repository.ts'

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

async function verdictOf(
  scene: GateScene,
  documents: string,
  remote?: typeof remoteTrustRoot,
): Promise<string> {
  const { trustRoots } = parsePolicyFile(documents, 'policy.yaml')
  const report = await scene.ask(documents, {
    io: { trustRoot: namedTrustRoots(trustRoots, noOwnRoot, remote) },
  })
  return report.verdict
}

function trustRoot(spec: string): string {
  return `---\napiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nmetadata: {name: mine}\nspec: ${spec}\n`
}

/** A scene whose trusted root is in a TUF repository. */
async function publishing(): Promise<{
  readonly scene: GateScene
  readonly root: string
  readonly files: TufFiles
}> {
  const scene = await gateScene()
  await scene.sign({ identity: ci })
  const key = tufKey()
  const root = signed(rootOf({ keys: [key] }), [key])
  return {
    scene,
    root: root.toString('base64'),
    files: release(key, Buffer.from(scene.sigstore.trustedRoot)),
  }
}

/** As policy-controller packs it: a gzipped tar of the folder `repository`, in base64. */
function tarOf(
  files: TufFiles,
  sizeOf = (content: Buffer) => content.length.toString(8).padStart(11, '0'),
): string {
  const parts = [...files].flatMap(([path, content]) => {
    const header = Buffer.alloc(512)
    header.write(path.slice(1))
    header.write('repository', 345)
    header.write(sizeOf(content), 124)
    header.write('0', 156)
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)])).toString('base64')
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

  test('that is a TUF repository elsewhere is asked for where the network may be asked', async () => {
    const { scene, root, files } = await publishing()
    await using tuf = await serveTuf(files)
    const remote = trustRoot(`{remote: {mirror: '${tuf.mirror}', root: ${root}}}`)
    expect(await verdictOf(scene, `${policy}${remote}`)).toBe('undecided')
    expect(await verdictOf(scene, `${policy}${remote}`, remoteTrustRoot)).toBe('allow')
    files.set('/timestamp.json', Buffer.from('{}'))
    expect(await verdictOf(scene, `${policy}${remote}`, remoteTrustRoot)).toBe('undecided')
  })

  test('that carries a TUF repository needs no network, and has to hold', async () => {
    const { scene, root, files } = await publishing()
    const carried = (): string => trustRoot(`{repository: {root: ${root}, mirrorFS: ${tarOf(files)}}}`)
    expect(await verdictOf(scene, `${policy}${carried()}`)).toBe('allow')
    const [target = ''] = [...files.keys()].filter((name) => name.startsWith('/targets/'))
    files.set(target, Buffer.from(files.get(target)?.toString().replace('tlogs', 'tlogz') ?? ''))
    expect(await verdictOf(scene, `${policy}${carried()}`)).toBe('undecided')
  })

  test('that carries files of negative sizes, or names no file at all, ends in a refusal', async () => {
    const { scene, root, files } = await publishing()
    const endless = tarOf(files, () => '-0000001000')
    const backwards = trustRoot(`{repository: {root: ${root}, mirrorFS: ${endless}}}`)
    expect(await verdictOf(scene, `${policy}${backwards}`)).toBe('undecided')
    const unnamed = trustRoot(
      `{repository: {root: ${root}, mirrorFS: ${tarOf(files)}, targets: '%ff', trustedRootTarget: '%ff'}}`,
    )
    expect(await verdictOf(scene, `${policy}${unnamed}`)).toBe('undecided')
  })
})

function pemOf({ sigstore }: GateScene): string {
  const [authority] = JSON.parse(Buffer.from(sigstore.trustedRoot).toString()).certificateAuthorities
  const certificates: readonly { readonly rawBytes: string }[] = authority.certChain.certificates
  return certificates
    .map(({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')).toString())
    .join('')
}

describe('ca-cert of our own kind', () => {
  test('certifies beside nobody else', async () => {
    const scene = await gateScene()
    const stranger = await gateScene()
    await scene.sign({ identity: ci })
    const ask = async (authority: GateScene): Promise<string> => {
      const caCert = JSON.stringify(pemOf(authority))
      const spec = `authorities: [{keyless: {ca-cert: {data: ${caCert}}, identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}]`
      return (await scene.ask(scenePolicy(spec))).verdict
    }
    expect(await ask(scene)).toBe('allow')
    expect(await ask(stranger)).toBe('deny')
  })
})

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attestImage,
  generateKeyPair,
  keySigner,
  openPrivateKey,
  parsePublicKey,
  parseTrustRoot,
  signImage,
  verifyImage,
  type ContentDemand,
  type ImageVerification,
  type MessageSigner,
  type PrivateKey,
  type SignerDemand,
} from '@assay/core'
import { openRepository, registryTransport, type ContentStore, type Descriptor } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCosign, type Outcome } from '../support/cosign.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup, virtualKeylessSigner } from '../support/signing.ts'
import { pushedImage } from '../support/signing-places.ts'
import type { ServedSigstore } from '../support/sigstore/serve.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const password = 'interop'
const identity = ['--certificate-identity', 'release@sigstore.test']
const issuer = ['--certificate-oidc-issuer', 'https://accounts.sigstore.test']
const byIdentity: SignerDemand = {
  kind: 'certificate',
  identities: [
    {
      subject: { kind: 'exact', value: 'release@sigstore.test' },
      issuer: { kind: 'exact', value: 'https://accounts.sigstore.test' },
    },
  ],
}
const predicate = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'
const signature: ContentDemand = { kind: 'signature' }
const bom: ContentDemand = { kind: 'attestation', predicateType: 'https://cyclonedx.org/bom' }

/** What cosign says when it fails; nothing when it succeeds. */
function complaintOf(outcome: Outcome): string {
  return outcome.status === 0 ? '' : outcome.output
}

describe.skipIf(lacksInteropTools)('cosign', () => {
  const sigstore = virtualSigstore()
  const trust = parseTrustRoot(sigstore.trustedRoot)
  let home: string
  let registry: DockerRegistry
  let served: ServedSigstore
  let key: PrivateKey
  let count = 0

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'interop-'))
    registry = await startDockerRegistry()
    served = await sigstore.serve()
    const pair = await generateKeyPair({ password })
    key = await openPrivateKey(pair.privateKeyPem, password)
    const files = {
      'assay.key': pair.privateKeyPem,
      'assay.pub': pair.publicKeyPem,
      'root.json': sigstore.trustedRoot,
      'config-v1.json': served.signingConfig(),
      'config-v2.json': served.signingConfig({ rekor: 'v2' }),
      'config-none.json': served.signingConfig({ rekor: 'none', timestamps: false }),
      'bom.json': predicate,
      // cosign takes a token of ES256 for the name of a file.
      token: sigstore.identityToken(),
    }
    await mkdir(home, { recursive: true })
    for (const [name, content] of Object.entries(files))
      await writeFile(join(home, name), content, { mode: 0o600 })
  })

  afterAll(async () => {
    await served.close()
    await registry.stop()
    await rm(home, { recursive: true })
  })

  async function newImage(): Promise<{ store: ContentStore; subject: Descriptor; name: string }> {
    count += 1
    const repository = `team/app${count}`
    const store = openRepository({ host: registry.host, repository }, { transport: registryTransport({}) })
    const subject = await pushedImage(store)
    return { store, subject, name: `${registry.host}/${repository}@${subject.digest}` }
  }

  const run = (program: string | undefined, ...args: readonly string[]): Promise<Outcome> =>
    runCosign(program ?? '', args, { home, password })

  const verify = (
    store: ContentStore,
    subject: Descriptor,
    demand: { signer: SignerDemand; content: ContentDemand; logged?: boolean },
  ): Promise<ImageVerification> =>
    verifyImage(store, subject, {
      signer: demand.signer,
      content: demand.content,
      keys: [key.publicKey],
      trust,
      now: new Date(Date.now() + 1000),
      transparencyLog: demand.logged === false ? 'insecure-ignore' : 'require',
      sct: 'require',
    })

  const [, v3] = cosigns[0] ?? []
  const signers: readonly (readonly [string, () => MessageSigner, readonly string[]])[] = [
    ['a key', () => keySigner(key), ['--key', 'assay.pub']],
    ['a certificate', () => virtualKeylessSigner(sigstore), [...identity, ...issuer]],
  ]
  for (const rekor of ['v1', 'v2'] as const) {
    for (const [title, signer, who] of signers) {
      it(`v3 verifies what we sign with ${title} and Rekor ${rekor}`, async () => {
        const { store, subject, name } = await newImage()
        const setup = signingSetup(sigstore, { rekor })
        await signImage({ store, subject }, { ...setup, signer: signer() })
        const outcome = await run(
          v3,
          'verify',
          ...who,
          '--trusted-root',
          'root.json',
          '--allow-http-registry',
          name,
        )
        expect(complaintOf(outcome)).toBe('')
      })

      it(`v3 verifies what we attest with ${title} and Rekor ${rekor}`, async () => {
        const { store, subject, name } = await newImage()
        const statement = {
          type: 'cyclonedx',
          predicate: Buffer.from(predicate),
          subjectName: name.split('@')[0] ?? '',
        }
        const setup = signingSetup(sigstore, { rekor })
        await attestImage({ store, subject }, { ...setup, signer: signer(), statement })
        const asked = ['verify-attestation', '--type', 'cyclonedx', ...who, '--trusted-root', 'root.json']
        expect(complaintOf(await run(v3, ...asked, '--allow-http-registry', name))).toBe('')
      })
    }

    it(`we verify what v3 signs with a key and Rekor ${rekor}`, async () => {
      const { store, subject, name } = await newImage()
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const signed = await run(
        v3,
        'sign',
        '--key',
        'assay.key',
        ...config,
        '--allow-http-registry',
        '-y',
        name,
      )
      expect(complaintOf(signed)).toBe('')
      const found = await verify(store, subject, { signer: { kind: 'key' }, content: signature })
      expect(found.proofs).toHaveLength(1)
    })

    it(`we verify what v3 signs and attests keyless with Rekor ${rekor}`, async () => {
      const { store, subject, name } = await newImage()
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const token = ['--identity-token', 'token', '--allow-http-registry', '-y']
      expect(complaintOf(await run(v3, 'sign', ...config, ...token, name))).toBe('')
      const attest = ['attest', '--type', 'cyclonedx', '--predicate', 'bom.json']
      expect(complaintOf(await run(v3, ...attest, ...config, ...token, name))).toBe('')
      expect((await verify(store, subject, { signer: byIdentity, content: signature })).proofs).toHaveLength(
        1,
      )
      expect((await verify(store, subject, { signer: byIdentity, content: bom })).proofs).toHaveLength(1)
    })
  }

  it('v3 verifies what we sign with a key and no log, once told to', async () => {
    const { store, subject, name } = await newImage()
    const setup = { witnesses: [], now: () => new Date() }
    await signImage({ store, subject }, { ...setup, signer: keySigner(key) })
    const asked = ['verify', '--key', 'assay.pub', '--trusted-root', 'root.json', '--allow-http-registry']
    expect((await run(v3, ...asked, name)).status).not.toBe(0)
    expect(complaintOf(await run(v3, ...asked, '--insecure-ignore-tlog', name))).toBe('')
  })

  for (const [version, program] of cosigns) {
    it(`we verify what ${version} signs in the legacy form with a key and no log`, async () => {
      const { store, subject, name } = await newImage()
      const legacy = version === 'v3' ? ['--new-bundle-format=false', '--use-signing-config=false'] : []
      const flags = ['--tlog-upload=false', ...legacy, '--allow-http-registry', '-y']
      expect(complaintOf(await run(program, 'sign', '--key', 'assay.key', ...flags, name))).toBe('')
      const found = await verify(store, subject, {
        signer: { kind: 'key' },
        content: signature,
        logged: false,
      })
      expect(found.proofs).toHaveLength(1)
    })

    it(`${version} opens our key files, and we open those of ${version}`, async () => {
      const ours = await run(program, 'public-key', '--key', 'assay.key')
      expect(ours).toMatchObject({ status: 0, output: expect.stringContaining('BEGIN PUBLIC KEY') })
      const made = await run(program, 'generate-key-pair', '--output-key-prefix', `made-by-${version}`)
      expect(complaintOf(made)).toBe('')
      const theirs = await openPrivateKey(
        await readFile(join(home, `made-by-${version}.key`), 'utf8'),
        password,
      )
      const published = parsePublicKey(await readFile(join(home, `made-by-${version}.pub`), 'utf8'))
      expect(theirs.publicKey.keyId).toBe(published.keyId)
    })
  }
})

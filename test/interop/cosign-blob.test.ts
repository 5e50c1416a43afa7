import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  attestBlob,
  generateKeyPair,
  keySigner,
  newKeyAlgorithms,
  openPrivateKey,
  parseBundle,
  signBlob,
  verifyBundle,
  type MessageSigner,
} from '@assay/core'
import { digestOf } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  complaintOf,
  digestFlags,
  interopScene,
  password,
  predicate,
  registries,
  who,
  type InteropScene,
} from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup, virtualKeylessSigner } from '../support/signing.ts'

const content = Buffer.from('the bytes of a release\n')
const [, v3] = cosigns[0] ?? []

describe.skipIf(lacksInteropTools)('cosign v3 and files', () => {
  let scene: InteropScene

  beforeAll(async () => {
    scene = await interopScene(registries[1]?.[1] ?? (() => Promise.reject(new Error('no registry'))))
    await writeFile(join(scene.home, 'app.tar'), content)
  })
  afterAll(() => scene.close())

  const signers: readonly (readonly [string, () => MessageSigner, readonly string[]])[] = [
    ['a key', () => keySigner(scene.key), who.key],
    ['a certificate', () => virtualKeylessSigner(scene.sigstore), who.identity],
  ]
  for (const rekor of ['v1', 'v2'] as const) {
    for (const [title, signer, flags] of signers) {
      it(`verifies files that we sign and attest with ${title} and Rekor ${rekor}`, async () => {
        const setup = { ...signingSetup(scene.sigstore, { rekor }), signer: signer() }
        const bundle = ['--bundle', 'out.json', '--trusted-root', 'root.json', ...flags]
        await writeFile(join(scene.home, 'out.json'), (await signBlob(content, setup)).bundle)
        expect(complaintOf(await scene.run(v3, 'verify-blob', ...bundle, 'app.tar'))).toBe('')
        const statement = { type: 'cyclonedx', predicate: Buffer.from(predicate), subjectName: 'app.tar' }
        const attested = await attestBlob(digestOf(content), { ...setup, statement })
        await writeFile(join(scene.home, 'out.json'), attested.bundle)
        const verify = ['verify-blob-attestation', '--type', 'cyclonedx', ...bundle, 'app.tar']
        expect(complaintOf(await scene.run(v3, ...verify))).toBe('')
      })
    }

    for (const algorithm of newKeyAlgorithms.filter((name) => !['ecdsa-p256', 'ed25519'].includes(name))) {
      it(`verifies files that we sign with ${algorithm} and Rekor ${rekor}`, async () => {
        const pair = await generateKeyPair({ password, algorithm })
        const key = await openPrivateKey(pair.privateKeyPem, password)
        await writeFile(join(scene.home, 'other.pub'), pair.publicKeyPem)
        const setup = { ...signingSetup(scene.sigstore, { rekor }), signer: keySigner(key) }
        await writeFile(join(scene.home, 'out.json'), (await signBlob(content, setup)).bundle)
        const flags = ['--bundle', 'out.json', '--trusted-root', 'root.json', '--key', 'other.pub']
        const verify = ['verify-blob', ...flags, ...(digestFlags.get(algorithm) ?? []), 'app.tar']
        expect(complaintOf(await scene.run(v3, ...verify))).toBe('')
      })
    }

    it(`cannot sign with an Ed25519 key itself and Rekor ${rekor}: its own check refuses it`, async () => {
      const pair = await generateKeyPair({ password, algorithm: 'ed25519' })
      await writeFile(join(scene.home, 'ed.key'), pair.privateKeyPem)
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const sign = ['sign-blob', '--key', 'ed.key', '--bundle', 'theirs.json', '-y', ...config, 'app.tar']
      expect(complaintOf(await scene.run(v3, ...sign))).toContain('failed to verify signature')
    })

    it(`signs a file with Rekor ${rekor} that we verify`, async () => {
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const sign = ['sign-blob', '--key', 'assay.key', '--bundle', 'theirs.json', '-y', ...config, 'app.tar']
      expect(complaintOf(await scene.run(v3, ...sign))).toBe('')
      const proof = await verifyBundle(parseBundle(await readFile(join(scene.home, 'theirs.json'))), {
        keys: [scene.key.publicKey],
        trust: scene.trust,
        subject: digestOf(content),
        artifact: content,
        source: { kind: 'file', format: 'bundle' },
        now: new Date(Date.now() + 1000),
        transparencyLog: 'require',
        sct: 'require',
      })
      expect(proof.content.kind).toBe('blob')
    })
  }
})

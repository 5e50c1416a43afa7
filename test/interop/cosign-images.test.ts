import { join } from 'node:path'
import {
  attestImage,
  keySigner,
  newKeyAlgorithms,
  generateKeyPair,
  openPrivateKey,
  signImage,
} from '@assay/core'
import { openLayout } from '@assay/registry'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bom,
  byKey,
  complaintOf,
  digestFlags,
  interopScene,
  password,
  predicate,
  registries,
  signature,
  who,
  type InteropScene,
} from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup } from '../support/signing.ts'

const [, v3] = cosigns[0] ?? []

describe.skipIf(lacksInteropTools).each(registries)('cosign, more of it, and %s', (_title, startRegistry) => {
  let scene: InteropScene

  beforeAll(async () => {
    scene = await interopScene(startRegistry)
  })
  afterAll(() => scene.close())

  for (const rekor of ['v1', 'v2'] as const) {
    it(`we verify what v3 attests with a key and Rekor ${rekor}`, async () => {
      const { store, subject, name } = await scene.newImage()
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const attest = ['attest', '--type', 'cyclonedx', '--predicate', 'bom.json', '--key', 'assay.key']
      const outcome = await scene.run(v3, ...attest, ...config, '--allow-http-registry', '-y', name)
      expect(complaintOf(outcome)).toBe('')
      expect((await scene.verify(store, subject, { signer: byKey, content: bom })).proofs).toHaveLength(1)
    })

    for (const algorithm of newKeyAlgorithms.filter(
      (each) => each !== 'ecdsa-p256' && (each !== 'ed25519' || rekor === 'v1'),
    )) {
      it(`v3 verifies what we sign with ${algorithm} and Rekor ${rekor}`, async () => {
        const { store, subject, name } = await scene.newImage()
        const pair = await generateKeyPair({ password, algorithm })
        const signer = keySigner(await openPrivateKey(pair.privateKeyPem, password))
        await writeFile(join(scene.home, 'other.pub'), pair.publicKeyPem)
        await signImage({ store, subject }, { ...signingSetup(scene.sigstore, { rekor }), signer })
        const digest = digestFlags.get(algorithm) ?? []
        const verify = ['verify', '--key', 'other.pub', ...digest, '--trusted-root', 'root.json']
        expect(complaintOf(await scene.run(v3, ...verify, '--allow-http-registry', name))).toBe('')
      })
    }
  }

  for (const [version, program] of cosigns) {
    it(`we verify what ${version} saves of our legacy signatures in a layout`, async () => {
      const { store, subject, name } = await scene.newImage()
      const setup = {
        ...signingSetup(scene.sigstore),
        signer: keySigner(scene.key),
        forms: ['legacy'] as const,
      }
      await signImage({ store, subject }, setup)
      const statement = { type: 'cyclonedx', predicate: Buffer.from(predicate), subjectName: 'app' }
      await attestImage({ store, subject }, { ...setup, statement })
      const folder = `saved-${version}-${subject.digest.slice(7, 15)}-${name.length}`
      const saved = await scene.run(program, 'save', '--allow-http-registry', '--dir', folder, name)
      expect(complaintOf(saved)).toBe('')
      const layout = openLayout(join(scene.home, folder))
      expect(
        (await scene.verify(layout, subject, { signer: byKey, content: signature })).proofs,
      ).toHaveLength(1)
      expect((await scene.verify(layout, subject, { signer: byKey, content: bom })).proofs).toHaveLength(1)
      const target = await scene.newImage()
      const repository = target.name.split('@')[0] ?? ''
      const loaded = await scene.run(
        program,
        'load',
        '--allow-http-registry',
        '--dir',
        folder,
        `${repository}:loaded`,
      )
      expect(complaintOf(loaded)).toBe('')
      const found = await scene.verify(target.store, subject, { signer: byKey, content: signature })
      expect(found.proofs).toHaveLength(1)
    })
  }

  it('v3 verifies a bundle of ours in the layout that it saved', async () => {
    const { store, subject, name } = await scene.newImage()
    await signImage({ store, subject }, { ...signingSetup(scene.sigstore), signer: keySigner(scene.key) })
    const folder = `bundles-${name.length}`
    expect(complaintOf(await scene.run(v3, 'save', '--allow-http-registry', '--dir', folder, name))).toBe('')
    const verify = ['verify', '--local-image', ...who.key, '--trusted-root', 'root.json', folder]
    expect(complaintOf(await scene.run(v3, ...verify))).toBe('')
    const layout = openLayout(join(scene.home, folder))
    expect((await scene.verify(layout, subject, { signer: byKey, content: signature })).proofs).toHaveLength(
      1,
    )
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  attestImage,
  keySigner,
  openPrivateKey,
  parsePublicKey,
  signImage,
  type MessageSigner,
} from '@assay/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bom,
  byIdentity,
  byKey,
  complaintOf,
  interopScene,
  password,
  predicate,
  registries,
  signature,
  who,
  type InteropScene,
} from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup, virtualKeylessSigner } from '../support/signing.ts'

describe.skipIf(lacksInteropTools).each(registries)('cosign and %s', (_title, startRegistry) => {
  let scene: InteropScene

  beforeAll(async () => {
    scene = await interopScene(startRegistry)
  })
  afterAll(() => scene.close())

  const [, v3] = cosigns[0] ?? []
  const signers: readonly (readonly [string, () => MessageSigner, readonly string[]])[] = [
    ['a key', () => keySigner(scene.key), who.key],
    ['a certificate', () => virtualKeylessSigner(scene.sigstore), who.identity],
  ]
  for (const rekor of ['v1', 'v2'] as const) {
    for (const [title, signer, flags] of signers) {
      it(`v3 verifies what we sign with ${title} and Rekor ${rekor}`, async () => {
        const { store, subject, name } = await scene.newImage()
        const setup = signingSetup(scene.sigstore, { rekor })
        await signImage({ store, subject }, { ...setup, signer: signer() })
        const outcome = await scene.run(
          v3,
          'verify',
          ...flags,
          '--trusted-root',
          'root.json',
          '--allow-http-registry',
          name,
        )
        expect(complaintOf(outcome)).toBe('')
      })

      it(`v3 verifies what we attest with ${title} and Rekor ${rekor}`, async () => {
        const { store, subject, name } = await scene.newImage()
        const statement = {
          type: 'cyclonedx',
          predicate: Buffer.from(predicate),
          subjectName: name.split('@')[0] ?? '',
        }
        const setup = signingSetup(scene.sigstore, { rekor })
        await attestImage({ store, subject }, { ...setup, signer: signer(), statement })
        const asked = ['verify-attestation', '--type', 'cyclonedx', ...flags, '--trusted-root', 'root.json']
        expect(complaintOf(await scene.run(v3, ...asked, '--allow-http-registry', name))).toBe('')
      })
    }

    it(`we verify what v3 signs with a key and Rekor ${rekor}`, async () => {
      const { store, subject, name } = await scene.newImage()
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const signed = await scene.run(
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
      const found = await scene.verify(store, subject, { signer: byKey, content: signature })
      expect(found.proofs).toHaveLength(1)
    })

    it(`we verify what v3 signs and attests keyless with Rekor ${rekor}`, async () => {
      const { store, subject, name } = await scene.newImage()
      const config = ['--signing-config', `config-${rekor}.json`, '--trusted-root', 'root.json']
      const token = ['--identity-token', 'token', '--allow-http-registry', '-y']
      expect(complaintOf(await scene.run(v3, 'sign', ...config, ...token, name))).toBe('')
      const attest = ['attest', '--type', 'cyclonedx', '--predicate', 'bom.json']
      expect(complaintOf(await scene.run(v3, ...attest, ...config, ...token, name))).toBe('')
      expect(
        (await scene.verify(store, subject, { signer: byIdentity, content: signature })).proofs,
      ).toHaveLength(1)
      expect((await scene.verify(store, subject, { signer: byIdentity, content: bom })).proofs).toHaveLength(
        1,
      )
    })
  }

  it('v3 verifies what we sign with a key and no log, once told to', async () => {
    const { store, subject, name } = await scene.newImage()
    const setup = { witnesses: [], now: () => new Date() }
    await signImage({ store, subject }, { ...setup, signer: keySigner(scene.key) })
    const asked = ['verify', '--key', 'assay.pub', '--trusted-root', 'root.json', '--allow-http-registry']
    expect((await scene.run(v3, ...asked, name)).status).not.toBe(0)
    expect(complaintOf(await scene.run(v3, ...asked, '--insecure-ignore-tlog', name))).toBe('')
  })

  for (const [version, program] of cosigns) {
    it(`we verify what ${version} signs in the legacy form with a key and no log`, async () => {
      const { store, subject, name } = await scene.newImage()
      const legacy = version === 'v3' ? ['--new-bundle-format=false', '--use-signing-config=false'] : []
      const flags = ['--tlog-upload=false', ...legacy, '--allow-http-registry', '-y']
      expect(complaintOf(await scene.run(program, 'sign', '--key', 'assay.key', ...flags, name))).toBe('')
      const found = await scene.verify(store, subject, {
        signer: byKey,
        content: signature,
        logged: false,
      })
      expect(found.proofs).toHaveLength(1)
    })

    it(`${version} opens our key files, and we open those of ${version}`, async () => {
      const ours = await scene.run(program, 'public-key', '--key', 'assay.key')
      expect(ours).toMatchObject({ status: 0, output: expect.stringContaining('BEGIN PUBLIC KEY') })
      const made = await scene.run(program, 'generate-key-pair', '--output-key-prefix', `made-by-${version}`)
      expect(complaintOf(made)).toBe('')
      const theirs = await openPrivateKey(
        await readFile(join(scene.home, `made-by-${version}.key`), 'utf8'),
        password,
      )
      const published = parsePublicKey(await readFile(join(scene.home, `made-by-${version}.pub`), 'utf8'))
      expect(theirs.publicKey.keyId).toBe(published.keyId)
    })
  }
})

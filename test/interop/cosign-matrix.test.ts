import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  attestImage,
  generateKeyPair,
  keySigner,
  openPrivateKey,
  signImage,
  verifyImage,
  type NewKeyAlgorithm,
  type PrivateKey,
} from '@assay/core'
import { openLayout, openRepository, registryTransport } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
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
  type PushedImage,
} from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup, virtualKeylessSigner } from '../support/signing.ts'
import { pemOf, pemOfKey } from '../support/sigstore/certificate.ts'

const [, v3] = cosigns[0] ?? []

describe.skipIf(lacksInteropTools).each(registries)(
  'the other direction, and %s',
  (registryName, startRegistry) => {
    let scene: InteropScene
    const attest = ['attest', '--type', 'cyclonedx', '--predicate', 'bom.json'] as const
    const plain = ['--allow-http-registry', '-y'] as const

    beforeAll(async () => {
      scene = await interopScene(startRegistry)
      const { rekorV1, fulcio } = scene.sigstore.services
      await writeFile(join(scene.home, 'rekor.pub'), pemOfKey(rekorV1.keys.publicKey))
      await writeFile(join(scene.home, 'ctlog.pub'), pemOfKey(fulcio.ctLog.publicKey))
      const { intermediate, root } = fulcio.authority
      await writeFile(join(scene.home, 'fulcio.pem'), [intermediate, root].map(pemOf).join(''))
    })
    afterAll(() => scene.close())

    const trusted = {
      SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub',
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'ctlog.pub',
      SIGSTORE_ROOT_FILE: 'fulcio.pem',
    }

    async function bothVerify(
      { store, subject }: Pick<PushedImage, 'store' | 'subject'>,
      logged: boolean,
    ): Promise<void> {
      for (const content of [signature, bom]) {
        // oxlint-disable-next-line no-await-in-loop -- two of them
        const { proofs } = await scene.verify(store, subject, { signer: byKey, content, logged })
        expect(proofs).toHaveLength(1)
      }
    }

    const withLog = ['--signing-config', 'config-v1.json', '--trusted-root', 'root.json'] as const

    /** A key file of ours in cosign's home. */
    async function otherKey(
      algorithm: NewKeyAlgorithm,
    ): Promise<{ readonly key: PrivateKey; readonly file: string }> {
      const pair = await generateKeyPair({ password, algorithm })
      await writeFile(join(scene.home, `${algorithm}.key`), pair.privateKeyPem, { mode: 0o600 })
      return { key: await openPrivateKey(pair.privateKeyPem, password), file: `${algorithm}.key` }
    }

    it('we verify bundles that v3 signs and attests with a key and no log', async () => {
      const image = await scene.newImage()
      const config = [
        '--signing-config',
        'config-none.json',
        '--trusted-root',
        'root.json',
        '--key',
        'assay.key',
      ]
      expect(complaintOf(await scene.run(v3, 'sign', ...config, ...plain, image.name))).toBe('')
      expect(complaintOf(await scene.run(v3, ...attest, ...config, ...plain, image.name))).toBe('')
      await bothVerify(image, false)
    })

    it('we verify what v3 signs with an RSA key of ours', async () => {
      const { store, subject, name } = await scene.newImage()
      const { key, file } = await otherKey('rsa-2048')
      expect(complaintOf(await scene.run(v3, 'sign', '--key', file, ...withLog, ...plain, name))).toBe('')
      const { proofs } = await verifyImage(store, subject, {
        signer: byKey,
        content: signature,
        keys: [key.publicKey],
        trust: scene.trust,
        now: new Date(Date.now() + 1000),
        transparencyLog: 'require',
        sct: 'require',
      })
      expect(proofs).toHaveLength(1)
    })

    for (const algorithm of ['ecdsa-p384', 'ecdsa-p521'] as const) {
      it(`v3 cannot sign an image with a key of ${algorithm}: its own check refuses it`, async () => {
        const { name } = await scene.newImage()
        const { file } = await otherKey(algorithm)
        const signed = await scene.run(v3, 'sign', '--key', file, ...withLog, ...plain, name)
        expect(complaintOf(signed)).toContain('accepted signatures do not match threshold')
      })
    }

    for (const [version, program] of cosigns) {
      const older = version === 'v3' ? ['--new-bundle-format=false', '--use-signing-config=false'] : []
      for (const [title, flags, logged] of [
        ['Rekor v1', () => ['--rekor-url', scene.served.url], true],
        ['no log', () => ['--tlog-upload=false'], false],
      ] as const) {
        it(`we verify what ${version} signs and attests in the legacy form with a key and ${title}`, async () => {
          const image = await scene.newImage()
          const common = ['--key', 'assay.key', ...flags(), ...older, ...plain, image.name]
          expect(complaintOf(await scene.runWith(trusted, program, 'sign', ...common))).toBe('')
          expect(complaintOf(await scene.runWith(trusted, program, ...attest, ...common))).toBe('')
          await bothVerify(image, logged)
        })
      }

      it(`${version} loads what we save, of legacy signatures and attestations`, async () => {
        const { store, subject, name } = await scene.newImage()
        const setup = {
          ...signingSetup(scene.sigstore),
          signer: keySigner(scene.key),
          forms: ['legacy'] as const,
        }
        await signImage({ store, subject }, setup)
        const statement = { type: 'cyclonedx', predicate: Buffer.from(predicate), subjectName: 'app' }
        await attestImage({ store, subject }, { ...setup, statement })
        const folder = join(scene.home, `ours-${version}-${subject.digest.slice(7, 15)}-${name.length}`)
        expect(await runCli(['save', '--dir', folder, name])).toMatchObject({ code: 0 })
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
        await bothVerify({ store: target.store, subject }, true)
      })
    }

    it('we load what v3 saves of bundles, keyless and with a key', async () => {
      const { store, subject, name } = await scene.newImage()
      await signImage({ store, subject }, { ...signingSetup(scene.sigstore), signer: keySigner(scene.key) })
      await signImage(
        { store, subject },
        { ...signingSetup(scene.sigstore), signer: virtualKeylessSigner(scene.sigstore) },
      )
      const folder = join(scene.home, `theirs-${name.length}`)
      expect(complaintOf(await scene.run(v3, 'save', '--allow-http-registry', '--dir', folder, name))).toBe(
        '',
      )
      const repository = `${name.split('@')[0]}-loaded`
      expect(await runCli(['load', '--dir', folder, `${repository}:loaded`])).toMatchObject({ code: 0 })
      const [host = '', ...path] = repository.split('/')
      const loaded = openRepository(
        { host, repository: path.join('/') },
        { transport: registryTransport({}) },
      )
      for (const signer of [byKey, byIdentity]) {
        // oxlint-disable-next-line no-await-in-loop -- two of them
        expect((await scene.verify(loaded, subject, { signer, content: signature })).proofs).toHaveLength(1)
      }
    })

    it('v3 verifies bundles in a layout that we saved, and loads them', async () => {
      const { store, subject, name } = await scene.newImage()
      await signImage({ store, subject }, { ...signingSetup(scene.sigstore), signer: keySigner(scene.key) })
      const folder = join(scene.home, `layout-${name.length}`)
      expect(await runCli(['save', '--dir', folder, name])).toMatchObject({ code: 0 })
      const verify = ['verify', '--local-image', ...who.key, '--trusted-root', 'root.json', folder]
      expect(complaintOf(await scene.run(v3, ...verify))).toBe('')
      const layout = openLayout(folder)
      expect(
        (await scene.verify(layout, subject, { signer: byKey, content: signature })).proofs,
      ).toHaveLength(1)
      const repository = (await scene.newImage()).name.split('@')[0] ?? ''
      const load = ['load', '--allow-http-registry', '--dir', folder, `${repository}:loaded`]
      const complaint = complaintOf(await scene.run(v3, ...load))
      const [host = '', ...path] = repository.split('/')
      const target = openRepository(
        { host, repository: path.join('/') },
        { transport: registryTransport({}) },
      )
      const { proofs } = await scene.verify(target, subject, { signer: byKey, content: signature })
      // cosign pushes the manifest of a bundle before its content, which distribution refuses.
      const loads = registryName !== 'distribution 2.8'
      expect([complaint.includes('blob unknown to registry'), proofs.length]).toEqual([!loads, loads ? 1 : 0])
    })
  },
)

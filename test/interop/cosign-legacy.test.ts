import type { KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attestImage, keySigner, signImage, type MessageSigner } from '@assay/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bom,
  byIdentity,
  byKey,
  complaintOf,
  interopScene,
  predicate,
  registries,
  signature,
  who,
  type InteropScene,
} from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { signingSetup, virtualKeylessSigner } from '../support/signing.ts'

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

describe.skipIf(lacksInteropTools).each(registries)(
  'cosign’s legacy form and %s',
  (_title, startRegistry) => {
    let scene: InteropScene

    beforeAll(async () => {
      scene = await interopScene(startRegistry)
      const { rekorV1, fulcio } = scene.sigstore.services
      await writeFile(join(scene.home, 'rekor.pub'), pem(rekorV1.keys.publicKey))
      await writeFile(join(scene.home, 'ctlog.pub'), pem(fulcio.ctLog.publicKey))
      const { intermediate, root } = fulcio.authority
      const certificates = [intermediate, root].map(
        (der) =>
          `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`,
      )
      await writeFile(join(scene.home, 'fulcio.pem'), certificates.join(''))
    })
    afterAll(() => scene.close())

    /** Of the services, in the variables that cosign 2 reads and cosign 3 still knows. */
    const trusted = {
      SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub',
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'ctlog.pub',
      SIGSTORE_ROOT_FILE: 'fulcio.pem',
    }
    const signers: readonly (readonly [string, () => MessageSigner, readonly string[]])[] = [
      ['a key', () => keySigner(scene.key), who.key],
      ['a certificate', () => virtualKeylessSigner(scene.sigstore), who.identity],
    ]
    for (const [version, program] of cosigns) {
      const older = version === 'v3' ? ['--new-bundle-format=false'] : []
      for (const [title, signer, flags] of signers) {
        it(`${version} verifies what we sign and attest with ${title}`, async () => {
          const { store, subject, name } = await scene.newImage()
          const setup = { ...signingSetup(scene.sigstore, { timestamps: false }), signer: signer() }
          await signImage({ store, subject }, { ...setup, forms: ['legacy'], annotations: { env: 'prod' } })
          const statement = { type: 'cyclonedx', predicate: Buffer.from(predicate), subjectName: 'app' }
          await attestImage({ store, subject }, { ...setup, forms: ['legacy'], statement })
          const common = [...flags, ...older, '--allow-http-registry', name]
          const verified = await scene.runWith(trusted, program, 'verify', '-a', 'env=prod', ...common)
          expect(complaintOf(verified)).toBe('')
          const attested = await scene.runWith(
            trusted,
            program,
            'verify-attestation',
            '--type',
            'cyclonedx',
            ...common,
          )
          expect(complaintOf(attested)).toBe('')
        })
      }

      it(`we add to what ${version} has signed, and both verify for both`, async () => {
        const { store, subject, name } = await scene.newImage()
        const flags = ['--tlog-upload=false', '--allow-http-registry', '-y']
        const legacy = version === 'v3' ? [...older, '--use-signing-config=false'] : []
        const signed = await scene.run(program, 'sign', '--key', 'assay.key', ...legacy, ...flags, name)
        expect(complaintOf(signed)).toBe('')
        await signImage(
          { store, subject },
          { witnesses: [], now: () => new Date(), signer: keySigner(scene.key), forms: ['legacy'] },
        )
        const found = await scene.verify(store, subject, { signer: byKey, content: signature, logged: false })
        expect(found.proofs).toHaveLength(2)
        const verify = [
          'verify',
          ...who.key,
          ...older,
          '--insecure-ignore-tlog',
          '--allow-http-registry',
          name,
        ]
        expect(complaintOf(await scene.run(program, ...verify))).toBe('')
      })

      it(`we verify what ${version} signs and attests keyless`, async () => {
        const { store, subject, name } = await scene.newImage()
        const services = ['--fulcio-url', scene.served.url, '--rekor-url', scene.served.url]
        const legacy = version === 'v3' ? [...older, '--use-signing-config=false'] : []
        const flags = ['--identity-token', 'token', ...services, ...legacy, '--allow-http-registry', '-y']
        expect(complaintOf(await scene.runWith(trusted, program, 'sign', ...flags, name))).toBe('')
        const attest = ['attest', '--type', 'cyclonedx', '--predicate', 'bom.json']
        expect(complaintOf(await scene.runWith(trusted, program, ...attest, ...flags, name))).toBe('')
        const found = await scene.verify(store, subject, { signer: byIdentity, content: signature })
        expect(found.proofs).toHaveLength(1)
        const attested = await scene.verify(store, subject, { signer: byIdentity, content: bom })
        expect(attested.proofs).toHaveLength(1)
      })
    }
  },
)

import { signImage, verifyImage, type SignerDemand } from '@assay/core'
import { digestHex, fetchManifest, memoryStore, type ContentStore } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { attachLegacy } from '../support/legacy-signatures.ts'
import { freshKey, signingSetup } from '../support/signing.ts'
import { createTemporaryLayout, pushedImage, repositoryOf } from '../support/signing-places.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const byKey: SignerDemand = { kind: 'key' }
const stores: readonly (readonly [string, () => Promise<ContentStore>])[] = [
  ['a layout', createTemporaryLayout],
  ['a registry', async () => repositoryOf(false)],
]

describe('the legacy form', () => {
  for (const [place, open] of stores) {
    it(`several signers at once in ${place} lose nothing`, async () => {
      const setup = signingSetup(virtualSigstore(), { timestamps: false })
      const store = await open()
      const subject = await pushedImage(store)
      const keys = await Promise.all([freshKey(), freshKey(), freshKey(), freshKey()])
      const options = { ...setup, forms: ['legacy'] as const }
      await Promise.all(keys.map(({ signer }) => signImage({ store, subject }, { ...options, signer })))
      const found = await verifyImage(store, subject, {
        signer: byKey,
        content: { kind: 'signature' },
        keys: keys.map(({ key }) => key.publicKey),
        trust: setup.trust,
        now: new Date(Date.now() + 1000),
        transparencyLog: 'require',
        sct: 'require',
      })
      expect(found.refused).toEqual([])
      expect(found.proofs).toHaveLength(4)
    })
  }

  it('a tag that holds as many signatures as cosign reads gets no more', async () => {
    const store = memoryStore()
    const subject = await pushedImage(store)
    const layers = Array.from({ length: 1000 }, (_, index) => ({
      payload: Buffer.from('{}'),
      annotations: { index: String(index) },
    }))
    await attachLegacy(store, subject, { suffix: 'sig', layers })
    const { signer } = await freshKey()
    const signing = signImage(
      { store, subject },
      { witnesses: [], now: () => new Date(), signer, forms: ['legacy'] },
    )
    await expect(signing).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'the legacy tag holds too many signatures',
    })
    const tag = await store.resolve(`sha256-${digestHex(subject.digest)}.sig`)
    expect(await fetchManifest(store, tag)).toMatchObject({ layers: { length: 1000 } })
  })
})

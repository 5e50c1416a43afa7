import { attestImage, verifyImage, type ContentDemand, type SignerDemand } from '@assay/core'
import { memoryStore } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { freshKey, signingSetup, virtualKeylessSigner } from '../support/signing.ts'
import { createTemporaryLayout, pushedImage } from '../support/signing-places.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const now = new Date('2025-03-04T05:06:07Z')
const signature: ContentDemand = { kind: 'signature' }
const byIdentity: SignerDemand = {
  kind: 'certificate',
  identities: [
    {
      subject: { kind: 'exact', value: 'release@sigstore.test' },
      issuer: { kind: 'exact', value: 'https://accounts.sigstore.test' },
    },
  ],
}

describe('attestImage', () => {
  it('attests what verification finds under its type, and is no signature', async () => {
    const sigstore = virtualSigstore({ now })
    const setup = signingSetup(sigstore)
    const store = await createTemporaryLayout()
    const image = await pushedImage(store)
    const predicate = Buffer.from('{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}')
    const options = { ...setup, signer: virtualKeylessSigner(sigstore), type: 'cyclonedx', predicate }
    const attested = await attestImage(
      { store, subject: image },
      { ...options, subjectName: 'registry.test/team/app' },
    )
    expect(attested.predicateType).toBe('https://cyclonedx.org/bom')
    const verify = async (content: ContentDemand): Promise<number> => {
      const demand = { signer: byIdentity, content, trust: setup.trust, now } as const
      return (await verifyImage(store, image, { ...demand, transparencyLog: 'require', sct: 'require' }))
        .proofs.length
    }
    expect(await verify({ kind: 'attestation', predicateType: 'https://cyclonedx.org/bom' })).toBe(1)
    expect(await verify(signature)).toBe(0)
  })

  it('attaches nothing for a predicate of another type', async () => {
    const sigstore = virtualSigstore({ now })
    const store = memoryStore()
    const image = await pushedImage(store)
    const { signer } = await freshKey()
    const options = { ...signingSetup(sigstore), signer, type: 'cyclonedx', predicate: Buffer.from('{}') }
    const attesting = attestImage({ store, subject: image }, { ...options, subjectName: 'x' })
    await expect(attesting).rejects.toMatchObject({ code: 'MALFORMED_PREDICATE' })
    expect(sigstore.requests).toEqual([])
    expect(await all(store.referrers(image.digest))).toEqual([])
  })
})

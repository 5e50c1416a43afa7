import { verifyImage, type ContentDemand, type SignerDemand } from '@assay/core'
import { memoryStore } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { attestOne, freshKey, signingSetup, virtualKeylessSigner } from '../support/signing.ts'
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
    const statement = { type: 'cyclonedx', predicate, subjectName: 'registry.test/team/app' }
    const signer = virtualKeylessSigner(sigstore)
    const attested = await attestOne({ store, subject: image }, { ...setup, signer, statement })
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
    const statement = { type: 'cyclonedx', predicate: Buffer.from('{}'), subjectName: 'x' }
    const attesting = attestOne({ store, subject: image }, { ...signingSetup(sigstore), signer, statement })
    await expect(attesting).rejects.toMatchObject({ code: 'MALFORMED_PREDICATE' })
    expect(sigstore.requests).toEqual([])
    expect(await all(store.referrers(image.digest))).toEqual([])
  })
})

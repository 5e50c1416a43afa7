import {
  signImage,
  verifyImage,
  type ContentDemand,
  type MessageSigner,
  type SignerDemand,
  type TrustedKey,
} from '@assay/core'
import { digestOf, fetchManifest, memoryStore, readAll, type ContentStore } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import {
  freshKey,
  signingSetup,
  signOne,
  virtualKeylessSigner,
  type SigningSetup,
} from '../support/signing.ts'
import { createTemporaryLayout, pushedImage, repositoryOf } from '../support/signing-places.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const now = new Date('2025-03-04T05:06:07Z')
const subject = 'release@sigstore.test'
const issuer = 'https://accounts.sigstore.test'
const signature: ContentDemand = { kind: 'signature' }
const byIdentity: SignerDemand = {
  kind: 'certificate',
  identities: [{ subject: { kind: 'exact', value: subject }, issuer: { kind: 'exact', value: issuer } }],
}

const stores: readonly (readonly [string, () => Promise<ContentStore>])[] = [
  ['memory', async () => memoryStore()],
  ['a layout', createTemporaryLayout],
  ['a registry with the referrers API', async () => repositoryOf(true)],
  ['a registry without the referrers API', async () => repositoryOf(false)],
]

interface Case {
  readonly title: string
  readonly setup: (sigstore: VirtualSigstore) => SigningSetup
  readonly keyless?: boolean
  readonly logged: boolean
}

const cases: readonly Case[] = [
  { title: 'a key and Rekor v1', setup: (sigstore) => signingSetup(sigstore), logged: true },
  { title: 'a key and Rekor v2', setup: (sigstore) => signingSetup(sigstore, { rekor: 'v2' }), logged: true },
  {
    title: 'a key and no log',
    setup: (sigstore) => signingSetup(sigstore, { rekor: 'none', timestamps: false }),
    logged: false,
  },
  { title: 'keyless and Rekor v1', setup: (sigstore) => signingSetup(sigstore), keyless: true, logged: true },
  {
    title: 'keyless, Rekor v1 and no timestamps',
    setup: (sigstore) => signingSetup(sigstore, { timestamps: false }),
    keyless: true,
    logged: true,
  },
  {
    title: 'keyless, Rekor v2 and timestamps',
    setup: (sigstore) => signingSetup(sigstore, { rekor: 'v2' }),
    keyless: true,
    logged: true,
  },
  {
    title: 'keyless and two logs',
    setup: (sigstore) => signingSetup(sigstore, { rekor: 'both' }),
    keyless: true,
    logged: true,
  },
  {
    title: 'keyless and timestamps only',
    setup: (sigstore) => signingSetup(sigstore, { rekor: 'none' }),
    keyless: true,
    logged: false,
  },
]

async function signerOf(
  sigstore: VirtualSigstore,
  keyless: boolean | undefined,
): Promise<{ signer: MessageSigner; keys: readonly TrustedKey[]; demand: SignerDemand }> {
  if (keyless === true) return { signer: virtualKeylessSigner(sigstore), keys: [], demand: byIdentity }
  const { key, signer } = await freshKey()
  return { signer, keys: [key.publicKey], demand: { kind: 'key' } }
}

describe('signImage', () => {
  for (const [place, open] of stores) {
    for (const { title, setup, keyless, logged } of cases) {
      it(`signs with ${title} in ${place}, and the signature verifies`, async () => {
        const sigstore = virtualSigstore({ now })
        const store = await open()
        const image = await pushedImage(store)
        const { signer, keys, demand } = await signerOf(sigstore, keyless)
        const { trust, ...rest } = setup(sigstore)
        const signed = await signOne({ store, subject: image }, { ...rest, trust, signer })
        const verified = await verifyImage(store, image, {
          signer: demand,
          content: signature,
          keys,
          trust,
          now,
          transparencyLog: logged ? 'require' : 'insecure-ignore',
          sct: 'require',
        })
        expect(verified.refused).toEqual([])
        expect(verified.proofs).toHaveLength(1)
        expect(verified.proofs[0]?.source).toMatchObject({ manifest: { digest: signed.manifest?.digest } })
      })
    }
  }

  for (const algorithm of ['ecdsa-p384', 'ecdsa-p521', 'rsa-2048', 'ed25519'] as const) {
    for (const rekor of ['v1', 'v2', 'none'] as const) {
      it(`signs with a key of ${algorithm} and log ${rekor}`, async () => {
        const store = memoryStore()
        const image = await pushedImage(store)
        const { signer } = await freshKey(algorithm)
        const setup = signingSetup(virtualSigstore({ now }), { rekor })
        const signed = await signOne({ store, subject: image }, { ...setup, signer })
        expect(signed.proof.signer.kind).toBe('key')
      })
    }
  }

  it('an Ed25519 key and logs of both kinds: nothing is asked, for nobody would take the other’s signature', async () => {
    const sigstore = virtualSigstore({ now })
    const store = memoryStore()
    const image = await pushedImage(store)
    const { signer } = await freshKey('ed25519')
    const signing = signImage(
      { store, subject: image },
      { ...signingSetup(sigstore, { rekor: 'both' }), signer },
    )
    await expect(signing).rejects.toMatchObject({ code: 'UNSUPPORTED_KEY' })
    expect(sigstore.requests).toEqual([])
  })

  it('signs twice, and both signatures stay', async () => {
    const sigstore = virtualSigstore({ now })
    const store = repositoryOf(false)
    const image = await pushedImage(store)
    const { key, signer } = await freshKey('rsa-2048')
    const setup = signingSetup(sigstore)
    // RSA signatures are the same each time: the log has the entry already the second time.
    await signOne({ store, subject: image }, { ...setup, signer })
    const again = await signOne(
      { store, subject: image },
      { ...setup, signer, now: () => new Date(now.getTime() + 2000) },
    )
    const demand = {
      signer: { kind: 'key' },
      content: signature,
      keys: [key.publicKey],
      trust: setup.trust,
    } as const
    const found = await verifyImage(store, image, {
      ...demand,
      now,
      transparencyLog: 'require',
      sct: 'require',
    })
    expect(found.proofs).toHaveLength(2)
    expect(again.proof.logEntries).toHaveLength(1)
    expect(sigstore.requests.filter((request) => request.startsWith('GET'))).toHaveLength(1)
  })

  it('writes the manifest of cosign v3', async () => {
    const store = memoryStore()
    const image = await pushedImage(store)
    const { signer } = await freshKey()
    const setup = signingSetup(virtualSigstore({ now }))
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    const { manifest, content } = await signOne({ store, subject: image }, { ...setup, signer })
    const bytes = await readAll(store.open(manifest ?? image), { limit: 10_000, on: 'manifest' })
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        size: 2,
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        artifactType: type,
      },
      layers: [{ mediaType: type, size: content.byteLength, digest: digestOf(content) }],
      annotations: {
        'org.opencontainers.image.created': '2025-03-04T05:06:07Z',
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      },
      subject: { mediaType: image.mediaType, size: image.size, digest: image.digest },
      artifactType: type,
    })
    expect((await fetchManifest(store, manifest ?? image)).subject?.digest).toBe(image.digest)
  })

  it('finds annotations again', async () => {
    const store = memoryStore()
    const image = await pushedImage(store)
    const { key, signer } = await freshKey()
    const setup = signingSetup(virtualSigstore({ now }))
    await signOne({ store, subject: image }, { ...setup, signer, annotations: { stage: 'prod' } })
    const found = async (stage: string): Promise<number> => {
      const content = { kind: 'signature', annotations: { stage } } as const
      const keys = [key.publicKey]
      const demand = { signer: { kind: 'key' }, content, keys, trust: setup.trust, now } as const
      return (await verifyImage(store, image, { ...demand, transparencyLog: 'require', sct: 'require' }))
        .proofs.length
    }
    expect(await found('prod')).toBe(1)
    expect(await found('test')).toBe(0)
  })

  it('loses nothing when many sign at once', async () => {
    const sigstore = virtualSigstore({ now })
    const setup = signingSetup(sigstore)
    const store = await createTemporaryLayout()
    const image = await pushedImage(store)
    const signers = await Promise.all(Array.from({ length: 6 }, () => freshKey()))
    await Promise.all(signers.map(({ signer }) => signOne({ store, subject: image }, { ...setup, signer })))
    const keys = signers.map(({ key }) => key.publicKey)
    const demand = { signer: { kind: 'key' }, content: signature, keys, trust: setup.trust, now } as const
    const found = await verifyImage(store, image, { ...demand, transparencyLog: 'require', sct: 'require' })
    expect(found.proofs).toHaveLength(6)
  })
})

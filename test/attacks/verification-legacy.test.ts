import {
  parsePublicKey,
  parseTrustRoot,
  verifyImage,
  type ImageDemand,
  type ImageVerification,
  type TextPattern,
} from '@assay/core'
import { digestOf, memoryStore, type ContentStore, type Descriptor } from '@assay/registry'
import { attachLegacy, namedImage, signedLayer, simpleSigning } from '@assay/test-support/legacy-signatures'
import { ecKeyPair } from '@assay/test-support/sigstore/context'
import { signed, signerIdentity, signingTime, sigstoreAt } from '@assay/test-support/verification'
import type { VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { describe, expect, test } from 'vitest'

async function verify(
  place: { readonly sigstore: VirtualSigstore; readonly store: ContentStore; readonly subject: Descriptor },
  demand: Partial<ImageDemand> = {},
): Promise<ImageVerification> {
  return await verifyImage(place.store, place.subject, {
    signer: { kind: 'key' },
    content: { kind: 'signature' },
    trust: parseTrustRoot(place.sigstore.trustedRoot),
    now: signingTime,
    transparencyLog: 'require',
    sct: 'require',
    ...demand,
  })
}

function exact(value: string): TextPattern {
  return { kind: 'exact', value }
}

async function scene() {
  const sigstore = sigstoreAt()
  const store = memoryStore()
  const keys = ecKeyPair()
  const subject = await namedImage(store, 'a')
  const trusted = [parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())]
  return { sigstore, store, subject, keys, demand: { keys: trusted } }
}

function codes({ refused }: ImageVerification): readonly string[] {
  return refused.map(({ refusal }) => refusal.code)
}

describe('legacy signatures of cosign', () => {
  test('a key signature with a log entry verifies, and says what was signed', async () => {
    const { keys, demand, ...place } = await scene()
    const payload = simpleSigning(place.subject.digest, { optional: { env: 'prod' } })
    await attachLegacy(place.store, place.subject, {
      suffix: 'sig',
      layers: [signedLayer(place.sigstore, payload, keys)],
    })
    const { proofs } = await verify(place, {
      ...demand,
      content: { kind: 'signature', annotations: { env: 'prod' } },
    })
    expect(proofs[0]?.content).toMatchObject({
      kind: 'simple-signing',
      payload: { dockerReference: 'registry.test/app' },
    })
    expect(proofs[0]?.logEntries[0]).toMatchObject({ kind: 'hashedrekord/0.0.1', logIndex: '42' })
    expect(
      codes(await verify(place, { ...demand, content: { kind: 'signature', annotations: { env: 'dev' } } })),
    ).toEqual(['ANNOTATION_MISMATCH'])
  })

  test('A-01, A-02: the log bundle of another signature does not count', async () => {
    const { keys, demand, ...place } = await scene()
    const mine = signedLayer(place.sigstore, simpleSigning(place.subject.digest), keys)
    const other = signedLayer(place.sigstore, simpleSigning(digestOf(Buffer.from('other'))), keys)
    const name = 'dev.sigstore.cosign/bundle'
    const spliced = { ...mine, annotations: { ...mine.annotations, [name]: other.annotations[name] ?? '' } }
    await attachLegacy(place.store, place.subject, { suffix: 'sig', layers: [spliced] })
    expect(codes(await verify(place, demand))).toEqual(['LOG_ENTRY_MISMATCH'])
  })

  test('A-02: a garbage log bundle is refused even where the log is ignored; without one the log is missing', async () => {
    const { keys, demand, ...place } = await scene()
    const made = signedLayer(place.sigstore, simpleSigning(place.subject.digest), keys)
    const without = {
      'dev.cosignproject.cosign/signature': made.annotations['dev.cosignproject.cosign/signature'] ?? '',
    }
    const garbage = { ...without, 'dev.sigstore.cosign/bundle': '{"garbage":1}' }
    await attachLegacy(place.store, place.subject, {
      suffix: 'sig',
      layers: [
        { ...made, annotations: garbage },
        { ...made, annotations: without },
      ],
    })
    expect(codes(await verify(place, demand))).toEqual(['MALFORMED_BUNDLE', 'MISSING_LOG_ENTRY'])
    const ignoring = await verify(place, { ...demand, transparencyLog: 'insecure-ignore' })
    expect(codes(ignoring)).toEqual(['MALFORMED_BUNDLE'])
    expect(ignoring.proofs.map(({ weakened }) => weakened)).toEqual([['transparency-log-ignored']])
  })

  test('I-11: a payload about another image, or of another type, is refused; the repository in it decides nothing', async () => {
    const { keys, demand, ...place } = await scene()
    const payloads = [
      simpleSigning(digestOf(Buffer.from('other'))),
      simpleSigning(place.subject.digest, { type: 'atomic container signature' }),
      simpleSigning(place.subject.digest.toUpperCase()),
      Buffer.from(
        simpleSigning(place.subject.digest).toString().replace('"optional"', '"Critical":{},"optional"'),
      ),
      simpleSigning(place.subject.digest, { optional: { 'docker-manifest-digest': 'x', critical: {} } }),
    ]
    await attachLegacy(place.store, place.subject, {
      suffix: 'sig',
      layers: payloads.map((payload) => signedLayer(place.sigstore, payload, keys)),
    })
    const verification = await verify(place, demand)
    expect(codes(verification)).toEqual([
      'SUBJECT_MISMATCH',
      'MALFORMED_STATEMENT',
      'MALFORMED_STATEMENT',
      'MALFORMED_STATEMENT',
    ])
    expect(verification.proofs).toHaveLength(1)
  })

  test('A-59: a key and an annotation of two different signatures do not add up', async () => {
    const { keys, demand, ...place } = await scene()
    const mallory = ecKeyPair()
    await attachLegacy(place.store, place.subject, {
      suffix: 'sig',
      layers: [
        signedLayer(place.sigstore, simpleSigning(place.subject.digest), keys),
        signedLayer(
          place.sigstore,
          simpleSigning(place.subject.digest, { optional: { env: 'prod' } }),
          mallory,
        ),
      ],
    })
    const content = { kind: 'signature', annotations: { env: 'prod' } } as const
    const verification = await verify(place, { ...demand, content })
    expect(verification.proofs).toEqual([])
    expect(codes(verification)).toEqual(['ANNOTATION_MISMATCH', 'LOG_ENTRY_MISMATCH'])
  })

  test('a keyless attestation of old is an attestation and no signature', async () => {
    const { demand: _, keys: __, ...place } = await scene()
    const predicateType = 'https://spdx.dev/Document'
    const payload = Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v0.1',
        subject: [{ name: 'registry.test/app', digest: { sha256: place.subject.digest.slice(7) } }],
        predicateType,
        predicate: {},
      }),
    )
    const made = await signed(place.sigstore, { payload })
    const [entry] = made.verificationMaterial.tlogEntries
    const certificate = made.verificationMaterial.certificate?.rawBytes ?? ''
    const Payload = {
      body: entry?.canonicalizedBody,
      integratedTime: Number(entry?.integratedTime),
      logIndex: Number(entry?.logIndex),
      logID: Buffer.from(entry?.logId.keyId ?? '', 'base64').toString('hex'),
    }
    const bundle = { SignedEntryTimestamp: entry?.inclusionPromise?.signedEntryTimestamp, Payload }
    const annotations = {
      'dev.cosignproject.cosign/signature': '',
      'dev.sigstore.cosign/certificate': `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
      'dev.sigstore.cosign/bundle': JSON.stringify(bundle),
      predicateType: 'https://slsa.dev/provenance/v1',
    }
    const envelope = Buffer.from(JSON.stringify(made.dsseEnvelope))
    await attachLegacy(place.store, place.subject, {
      suffix: 'att',
      layers: [{ payload: envelope, annotations }],
    })
    const signer = {
      kind: 'certificate',
      identities: [{ subject: exact(signerIdentity.subject), issuer: exact(signerIdentity.issuer) }],
    } as const
    expect(
      (await verify(place, { signer, content: { kind: 'attestation', predicateType } })).proofs,
    ).toHaveLength(1)
    // What the annotation says about the type was not signed.
    const claimed = { kind: 'attestation', predicateType: annotations.predicateType } as const
    expect(codes(await verify(place, { signer, content: claimed }))).toEqual(['PREDICATE_TYPE_MISMATCH'])
    expect(codes(await verify(place, { signer, content: { kind: 'signature' } }))).toEqual([
      'PREDICATE_TYPE_MISMATCH',
    ])
  })

  test('nothing attached is an empty answer, and a maximum age is held against the verified time', async () => {
    const { keys, demand, ...place } = await scene()
    expect(await verify(place, demand)).toMatchObject({ proofs: [], refused: [] })
    await attachLegacy(place.store, place.subject, {
      suffix: 'sig',
      layers: [signedLayer(place.sigstore, simpleSigning(place.subject.digest), keys)],
    })
    const later = { ...demand, now: new Date(signingTime.getTime() + 3_600_000) }
    expect((await verify(place, { ...later, maximumAge: 3_600_000 })).proofs).toHaveLength(1)
    expect(codes(await verify(place, { ...later, maximumAge: 3_599_999 }))).toEqual(['TOO_OLD'])
  })
})

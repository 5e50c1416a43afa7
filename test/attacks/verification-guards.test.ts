import { parseBundle, parseTrustRoot, verifyBundle, type SignedMaterial } from '@assay/core'
import { timestamped } from '@assay/test-support/sigstore/sign-bundle'
import { bundleBytes, type TestBundle } from '@assay/test-support/sigstore/test-bundle'
import {
  artifactDigest,
  outcome,
  signed,
  signerIdentity,
  signingTime,
  sigstoreAt,
  verifyJson,
} from '@assay/test-support/verification'
import { virtualSigstore, type VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { issueSigningCertificate } from '@assay/test-support/sigstore/certificate-authority'
import { ecKeyPair } from '@assay/test-support/sigstore/context'
import { describe, expect, test } from 'vitest'

/** Another check would refuse these, too: the message says that ours did, before the library was asked. */
async function refusalOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function withTimestamps(bundle: TestBundle, rfc3161Timestamps: readonly unknown[]): unknown {
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      timestampVerificationData: { rfc3161Timestamps },
    },
  }
}

function material(bundle: TestBundle, change: (entry: any) => unknown): SignedMaterial {
  const parsed = parseBundle(bundleBytes(bundle))
  return { ...parsed, logEntries: parsed.logEntries.map((entry: any): any => change(entry)) }
}

async function verify(sigstore: VirtualSigstore, bundle: SignedMaterial): Promise<string> {
  return await outcome(() =>
    verifyBundle(bundle, {
      trust: parseTrustRoot(sigstore.trustedRoot),
      subject: artifactDigest,
      source: { kind: 'file', format: 'bundle' },
      now: new Date(signingTime.getTime() + 60_000),
      transparencyLog: 'require',
      sct: 'require',
    }),
  )
}

describe('guards that stand before another one', () => {
  test('A-57: a timestamp that stands twice is refused as such, and two of one authority count once', async () => {
    let now = signingTime
    const sigstore = virtualSigstore({ now: () => now })
    const bundle = await signed(sigstore, { timestamp: true })
    now = new Date(signingTime.getTime() + 1000)
    const [first] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps
    const signature = Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? '', 'base64')
    const second = await timestamped(sigstore, signature)
    expect(await refusalOf(() => verifyJson(sigstore, withTimestamps(bundle, [first, first])))).toContain(
      'stands twice',
    )
    const two = withTimestamps(bundle, [first, second])
    expect(await outcome(() => verifyJson(sigstore, two, { minimumTimestamps: 1 }))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, two, { minimumTimestamps: 2 }))).toBe('MISSING_TIMESTAMP')
  })

  test('A-17, A-22: a timestamp over something else, and one outside of its authority’s window, are named as such', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { timestamp: true })
    const other = await timestamped(sigstore, Buffer.from('another signature'))
    expect(await refusalOf(() => verifyJson(sigstore, withTimestamps(bundle, [other])))).toContain(
      'over something else',
    )
    const root = parseTrustRoot(sigstore.trustedRoot)
    const validFor = { start: new Date(0), end: new Date(signingTime.getTime() - 1000) }
    const trust = {
      ...root,
      timestampAuthorities: root.timestampAuthorities.map((chain) => ({ ...chain, validFor })),
    }
    expect(await refusalOf(() => verifyJson(sigstore, bundle, { trust }))).toContain(
      'not trusted at that time',
    )
  })

  test.each([
    ['before', 1],
    ['after', -20],
  ])('A-16: a log that took the signature %s its certificate was valid is refused', async (_, minutes) => {
    const sigstore = sigstoreAt()
    const keys = ecKeyPair()
    const { fulcio } = sigstore.services
    const certificate = issueSigningCertificate(fulcio.authority, {
      identity: signerIdentity,
      publicKey: keys.publicKey,
      at: new Date(signingTime.getTime() + minutes * 60_000),
    })
    const bundle = await signed(sigstore, { signer: { ...keys, certificate } })
    expect(await outcome(() => verifyJson(sigstore, bundle, { sct: 'insecure-ignore' }))).toBe(
      'CERTIFICATE_NOT_VALID_AT_TIME',
    )
  })
})

describe('log entries that a parser of ours would not let through', () => {
  test('A-18: an entry with neither promise nor checkpoint is proven by nothing', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { timestamp: true })
    const bare = material(bundle, ({ promise: _promise, proof: _proof, ...entry }) => entry)
    expect(await verify(sigstore, bare)).toBe('INVALID_LOG_PROOF')
    const withoutCheckpoint = material(bundle, ({ promise: _promise, proof, ...entry }) => {
      const { checkpoint: _checkpoint, ...rest } = proof
      return { ...entry, proof: rest }
    })
    expect(await verify(sigstore, withoutCheckpoint)).toBe('INVALID_LOG_PROOF')
  })

  test('A-11: a genuine checkpoint of a later tree does not go with an earlier proof', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const later = parseBundle(bundleBytes(await signed(sigstore)))
    const checkpoint = later.logEntries[0]?.proof?.checkpoint
    const mixed = material(bundle, (entry) => ({ ...entry, proof: { ...entry.proof, checkpoint } }))
    expect(await verify(sigstore, mixed)).toBe('INVALID_CHECKPOINT')
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { matchContent, parsePublicKey, parseTrustRoot } from '@assay/core'
import { digestOf } from '@assay/registry'
import { bodyOf, relog, withEntry } from '@assay/test-support/log-tampering'
import type { TestBundle } from '@assay/test-support/sigstore/test-bundle'
import { timestamped } from '@assay/test-support/sigstore/sign-bundle'
import {
  artifact,
  artifactDigest,
  outcome,
  signed,
  signingTime,
  sigstoreAt,
  statementPayload,
  verifyJson,
} from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'
import { verifyMaterial } from '../../packages/core/src/attach/verify-attachment.ts'
import { hexOf, type JsonNode } from '../../packages/core/src/json/json-node.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const trusted = {
  keys: [parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())],
}
const sha256 = artifactDigest.slice('sha256:'.length)

function withTimestamps(bundle: TestBundle, timestamps: readonly string[]): TestBundle {
  const rfc3161Timestamps = timestamps.map((signedTimestamp) => ({ signedTimestamp }))
  const timestampVerificationData = { rfc3161Timestamps }
  return {
    ...bundle,
    verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData },
  }
}

function node(value: string): JsonNode {
  return { value, path: 'hash', refuse: (message) => new Error(message) }
}

function firstTimestamp(bundle: TestBundle): string {
  return bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0]?.signedTimestamp ?? ''
}

describe('bundles that are made to stop the verifier', () => {
  test('base64 of many megabytes is read, and refused for what it holds', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    for (const payload of ['A'.repeat(24 * 1024 * 1024), `${'A'.repeat(8 * 1024 * 1024)}A`]) {
      const dsseEnvelope = { ...bundle.dsseEnvelope, payload }
      const code = payload.length % 4 === 0 ? 'MALFORMED_STATEMENT' : 'MALFORMED_BUNDLE'
      // oxlint-disable-next-line no-await-in-loop -- one after the other, for the memory
      expect(await outcome(() => verifyJson(sigstore, { ...bundle, dsseEnvelope }))).toBe(code)
    }
  })

  test('hexadecimal of many megabytes is read, and only lower case is accepted', () => {
    expect(hexOf(node('ab'.repeat(8 * 1024 * 1024)))).toHaveLength(8 * 1024 * 1024)
    for (const bad of ['', 'a', 'AB', 'zz', `${'ab'.repeat(8 * 1024 * 1024)}x`])
      expect(() => hexOf(node(bad))).toThrow('hash')
  })

  test('ten thousand subjects cost one hash of the artifact, not ten thousand', async () => {
    const sigstore = sigstoreAt()
    const large = Buffer.alloc(4_000_000, 'x')
    const subject = digestOf(large)
    const digest = { sha256: subject.slice('sha256:'.length), sha512: '0'.repeat(128) }
    const payload = statementPayload({ subject: Array.from({ length: 10_000 }, () => ({ digest })) })
    const bundle = await signed(sigstore, { payload })
    const start = performance.now()
    expect(await outcome(() => verifyJson(sigstore, bundle, { subject, artifact: large }))).toBe(
      'SUBJECT_MISMATCH',
    )
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('a fault of ours is about one attachment, and neither a yes nor the end of the run', async () => {
    const verdict = await verifyMaterial(
      () => {
        throw new RangeError('stumbled')
      },
      {
        subject: artifactDigest,
        source: { kind: 'file', format: 'bundle' },
        now: signingTime,
        transparencyLog: 'require',
        sct: 'require',
      },
    )
    expect(verdict).toMatchObject({
      status: 'refused',
      refusal: { code: 'UNUSABLE_ATTACHMENT', got: 'RangeError: stumbled' },
      fault: expect.any(RangeError),
    })
  })
})

describe('times and logs that say more than they may', () => {
  test('one timestamp authority that is listed with two windows counts once', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { signer: keys, timestamp: true })
    const signature = Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? '', 'base64')
    sigstore.tell('late-timestamp')
    const later = await timestamped(sigstore, signature)
    const both = withTimestamps(bundle, [firstTimestamp(bundle), later.signedTimestamp])
    const document = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
    const [authority] = document.timestampAuthorities
    const middle = new Date(signingTime.getTime() + 1_800_000).toISOString()
    const windows = [{ start: '2020-01-01T00:00:00Z', end: middle }, { start: middle }]
    document.timestampAuthorities = windows.map((validFor) => ({ ...authority, validFor }))
    const trust = parseTrustRoot(Buffer.from(JSON.stringify(document)))
    const options = { ...trusted, trust, now: new Date(signingTime.getTime() + 2 * 3_600_000) }
    const times = (await verifyJson(sigstore, both, { ...options, minimumTimestamps: 1 })).times
    expect(times.filter(({ source }) => source === 'timestamp-authority')).toHaveLength(2)
    expect(await outcome(() => verifyJson(sigstore, both, { ...options, minimumTimestamps: 2 }))).toBe(
      'MISSING_TIMESTAMP',
    )
  })

  test.each(['v1', 'v2'] as const)(
    'a retired log of the kind %s counts for a key only where a time says that it was before',
    async (log) => {
      const sigstore = sigstoreAt()
      const bundle = await signed(sigstore, { signer: keys, log })
      const bare = withTimestamps(
        withEntry(bundle, (entry) => {
          delete entry.inclusionPromise
        }),
        [],
      )
      const root = parseTrustRoot(sigstore.trustedRoot)
      const retired = (end: Date) => ({
        ...trusted,
        trust: {
          ...root,
          transparencyLogs: root.transparencyLogs.map((one) => ({
            ...one,
            validFor: { ...one.validFor, end },
          })),
        },
      })
      const now = new Date(signingTime.getTime() + 60_000)
      expect(await outcome(() => verifyJson(sigstore, bare, { ...retired(now), now }))).toBe('ok')
      const before = new Date(now.getTime() - 1000)
      expect(await outcome(() => verifyJson(sigstore, bare, { ...retired(before), now }))).toBe(
        'INVALID_LOG_PROOF',
      )
      expect(await outcome(() => verifyJson(sigstore, bundle, { ...retired(before), now }))).toBe('ok')
    },
  )

  test('without a promise, the index that is shown is the proven one', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { signer: keys })
    const lying = withEntry(bundle, (entry) => {
      delete entry.inclusionPromise
      entry.logIndex = '123456789'
    })
    const proven = bundle.verificationMaterial.tlogEntries[0]?.inclusionProof.logIndex
    const proof = await verifyJson(sigstore, lying, trusted)
    expect(proof.logEntries.map(({ logIndex }) => logIndex)).toEqual([proven])
  })

  test('a time that no calendar has is refused, though the log signed it', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { signer: keys })
    const huge = withEntry(bundle, (entry) => {
      entry.integratedTime = '9000000000000'
      relog(sigstore, entry, bodyOf(entry))
    })
    expect(await outcome(() => verifyJson(sigstore, huge, trusted))).toBe('INVALID_LOG_PROMISE')
  })

  test('a timestamp from the future is a forgery first where its authority did not sign it', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { signer: keys, log: 'v2' })
    const token = Buffer.from(firstTimestamp(bundle), 'base64')
    token[token.byteLength - 1] = (token.at(-1) ?? 0) ^ 1
    const forged = withTimestamps(bundle, [token.toString('base64')])
    const early = { ...trusted, now: new Date(signingTime.getTime() - 1000) }
    expect(await outcome(() => verifyJson(sigstore, bundle, early))).toBe('TIME_IN_FUTURE')
    expect(await outcome(() => verifyJson(sigstore, forged, early))).toBe('INVALID_TIMESTAMP')
  })

  test('annotations count from the subject that was accepted, not from one that was refused', async () => {
    const sigstore = sigstoreAt()
    const subject = [
      { digest: { sha256, sha512: '0'.repeat(128) }, annotations: { env: 'prod' } },
      { digest: { sha256 }, annotations: { env: 'test' } },
    ]
    const bundle = await signed(sigstore, { payload: statementPayload({ subject }) })
    const proof = await verifyJson(sigstore, bundle, { artifact })
    const demand = (env: string) => matchContent(proof, { kind: 'signature', annotations: { env } })?.code
    expect(demand('prod')).toBe('ANNOTATION_MISMATCH')
    expect(demand('test')).toBeUndefined()
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { parsePublicKey, parseTrustRoot } from '@assay/core'
import { withEntries } from '@assay/test-support/log-tampering'
import type { Lie } from '@assay/test-support/sigstore/lies'
import { signBundle } from '@assay/test-support/sigstore/sign-bundle'
import type { TestBundle } from '@assay/test-support/sigstore/test-bundle'
import { artifact, outcome, signed, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

function pemOf(key: { export(options: { format: 'pem'; type: 'spki' }): string | Buffer }): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

/** One signature, logged in both logs; deterministic keys give the same signature twice. */
async function inBothLogs(): Promise<{
  readonly sigstore: ReturnType<typeof sigstoreAt>
  readonly bundle: TestBundle
  readonly pem: string
}> {
  const sigstore = sigstoreAt()
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const options = { payload: artifact, content: 'message', signer: keys } as const
  const [one, two] = [
    await signBundle(sigstore, options),
    await signBundle(sigstore, { ...options, log: 'v2' }),
  ]
  const entries = [...one.verificationMaterial.tlogEntries, ...two.verificationMaterial.tlogEntries]
  return { sigstore, bundle: withEntries(one, entries), pem: pemOf(keys.publicKey) }
}

describe('A.5 thresholds', () => {
  test('two entries of two logs count twice, one entry once', async () => {
    const { sigstore, bundle, pem } = await inBothLogs()
    const options = { artifact, keys: [parsePublicKey(pem)] }
    const proof = await verifyJson(sigstore, bundle, { ...options, minimumLogs: 2 })
    expect(proof.logEntries.map(({ log }) => log)).toEqual([
      'https://rekor.sigstore.test',
      'https://log2026.rekor.sigstore.test',
    ])
    const [first] = bundle.verificationMaterial.tlogEntries
    const one = withEntries(bundle, first === undefined ? [] : [first])
    expect(await outcome(() => verifyJson(sigstore, one, { ...options, minimumLogs: 2 }))).toBe(
      'MISSING_LOG_ENTRY',
    )
  })

  test('A-56, J-1: two different entries of one log count once', async () => {
    const sigstore = sigstoreAt()
    const signer = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [one, two] = [
      await signed(sigstore, { signer }),
      await signed(sigstore, { signer, log: 'v1-intoto' }),
    ]
    const entries = [...one.verificationMaterial.tlogEntries, ...two.verificationMaterial.tlogEntries]
    const bundle = withEntries(one, entries)
    const keys = [parsePublicKey(pemOf(signer.publicKey))]
    expect(entries).toHaveLength(2)
    expect(await outcome(() => verifyJson(sigstore, bundle, { keys }))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle, { keys, minimumLogs: 2 }))).toBe(
      'MISSING_LOG_ENTRY',
    )
  })

  test('A-57: the same entry twice is refused, whatever the threshold', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const { tlogEntries } = bundle.verificationMaterial
    const renumbered = tlogEntries.map((entry) => ({ ...entry, logIndex: '7', inclusionPromise: undefined }))
    for (const second of [tlogEntries, renumbered]) {
      const twice = {
        ...bundle,
        verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [...tlogEntries, ...second] },
      }
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await outcome(() => verifyJson(sigstore, twice))).toBe('DUPLICATE_LOG_ENTRY')
    }
  })

  test('A-57: the same timestamp twice is refused, and two of one authority count once', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { timestamp: true })
    const [timestamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps
    const timestampVerificationData = { rfc3161Timestamps: [timestamp, timestamp] }
    const twice = {
      ...bundle,
      verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData },
    }
    expect(await outcome(() => verifyJson(sigstore, bundle, { minimumTimestamps: 1 }))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle, { minimumTimestamps: 2 }))).toBe(
      'MISSING_TIMESTAMP',
    )
    expect(await outcome(() => verifyJson(sigstore, twice))).toBe('INVALID_TIMESTAMP')
  })

  test('an entry of an unknown log beside a known one neither counts nor breaks', async () => {
    const { sigstore, bundle, pem } = await inBothLogs()
    const root = parseTrustRoot(sigstore.trustedRoot)
    const trust = { ...root, transparencyLogs: root.transparencyLogs.slice(0, 1) }
    const options = { artifact, keys: [parsePublicKey(pem)], trust }
    expect((await verifyJson(sigstore, bundle, options)).logEntries).toHaveLength(1)
    expect(await outcome(() => verifyJson(sigstore, bundle, { ...options, minimumLogs: 2 }))).toBe(
      'MISSING_LOG_ENTRY',
    )
  })

  test('a timestamp of an unknown authority neither counts nor breaks', async () => {
    const sigstore = sigstoreAt()
    sigstore.tell('foreign-timestamp-authority')
    const bundle = await signed(sigstore, { timestamp: true })
    expect((await verifyJson(sigstore, bundle)).times).toHaveLength(1)
    expect(await outcome(() => verifyJson(sigstore, bundle, { minimumTimestamps: 1 }))).toBe(
      'MISSING_TIMESTAMP',
    )
  })

  test.each([0, -1, 1.5, Number.NaN])(
    'J-6: a minimum of %s log entries demands nothing and is refused',
    async (minimumLogs) => {
      const sigstore = sigstoreAt()
      await expect(verifyJson(sigstore, await signed(sigstore), { minimumLogs })).rejects.toThrow(RangeError)
    },
  )
})

describe('I-12 certificate transparency', () => {
  test.each<[Lie, string]>([
    ['no-sct', 'MISSING_SCT'],
    ['foreign-sct', 'INVALID_SCT'],
    ['wrong-sct', 'INVALID_SCT'],
    ['foreign-authority', 'UNTRUSTED_CERTIFICATE'],
  ])(
    'a certificate with "%s" is refused with %s, and ignoring SCTs ignores nothing else',
    async (lie, code) => {
      const sigstore = sigstoreAt()
      sigstore.tell(lie)
      const bundle = await signed(sigstore)
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe(code)
      const ignoring = await outcome(() => verifyJson(sigstore, bundle, { sct: 'insecure-ignore' }))
      expect(ignoring).toBe(lie === 'foreign-authority' ? code : 'ok')
    },
  )

  test('what was ignored stands in the proof', async () => {
    const sigstore = sigstoreAt()
    sigstore.tell('no-sct')
    const proof = await verifyJson(sigstore, await signed(sigstore, { log: 'none', timestamp: true }), {
      sct: 'insecure-ignore',
      transparencyLog: 'insecure-ignore',
    })
    expect(proof.weakened).toEqual(['transparency-log-ignored', 'sct-ignored'])
  })
})

import { parseTrustRoot, parsePublicKey, type TrustRoot } from '@assay/core'
import {
  authorityExtensions,
  signCertificate,
  tbsCertificate,
} from '@assay/test-support/sigstore/certificate'
import { serialNumber } from '@assay/test-support/sigstore/certificate-authority'
import { beginning, ecKeyPair, end } from '@assay/test-support/sigstore/context'
import type { VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import type { TestBundle } from '@assay/test-support/sigstore/test-bundle'
import type { Lie } from '@assay/test-support/sigstore/lies'
import { outcome, signed, signingTime, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

function withoutPromise(bundle: TestBundle, integratedTime?: string): unknown {
  const { verificationMaterial } = bundle
  const tlogEntries = verificationMaterial.tlogEntries.map((entry) => ({
    ...entry,
    inclusionPromise: null,
    integratedTime: integratedTime ?? entry.integratedTime,
  }))
  return { ...bundle, verificationMaterial: { ...verificationMaterial, tlogEntries } }
}

function minutes(count: number): Date {
  return new Date(signingTime.getTime() + count * 60_000)
}

/** The trusted root with the windows of one kind of authority changed. */
function withWindow(root: TrustRoot, kind: keyof TrustRoot, last: Date): TrustRoot {
  const list: any = root[kind]
  const changed = list.map((one: any) => {
    const validFor = { ...one.validFor, end: last }
    return { ...one, validFor, ...(one.key && { key: { ...one.key, validFor } }) }
  })
  return { ...root, [kind]: changed }
}

/** The trusted root with an intermediate of the same name and key that is valid until then. */
function rootWithIntermediate(sigstore: VirtualSigstore, notAfter: Date): Uint8Array {
  const { authority } = sigstore.services.fulcio
  const rootKeys = ecKeyPair()
  const request = { issuer: 'test root', serial: serialNumber(), notBefore: beginning }
  const root = tbsCertificate({
    ...request,
    subject: 'test root',
    publicKey: rootKeys.publicKey,
    notAfter: end,
    extensions: authorityExtensions({ own: rootKeys.publicKey, issuer: rootKeys.publicKey }, 1),
  })
  const intermediate = tbsCertificate({
    ...request,
    subject: authority.commonName,
    publicKey: authority.keys.publicKey,
    notAfter,
    extensions: authorityExtensions({ own: authority.keys.publicKey, issuer: rootKeys.publicKey }, 0),
  })
  const certificates = [intermediate, root].map((tbs) => ({
    rawBytes: Buffer.from(signCertificate(tbs, rootKeys.privateKey)).toString('base64'),
  }))
  const document = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
  document.certificateAuthorities[0].certChain.certificates = certificates
  return Buffer.from(JSON.stringify(document))
}

describe('A.2 time', () => {
  test('A-16: an intermediate that had expired at signing time is refused, though the leaf was valid', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const until = (minute: number) => ({
      trust: parseTrustRoot(rootWithIntermediate(sigstore, minutes(minute))),
    })
    expect(await outcome(() => verifyJson(sigstore, bundle, until(1)))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle, until(-1)))).toBe('UNTRUSTED_CERTIFICATE')
  })

  test('A-18: an integrated time that no promise covers is no time', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    expect(await outcome(() => verifyJson(sigstore, withoutPromise(bundle)))).toBe('MISSING_TIMESTAMP')
    // With a timestamp of an authority it is not needed, and whatever it says does not count.
    const stamped = await signed(sigstore, { timestamp: true })
    const proof = await verifyJson(sigstore, withoutPromise(stamped, '1'))
    expect(proof.times.map(({ source }) => source)).toEqual(['timestamp-authority'])
  })

  test('A-19: a promise that does not hold is refused even where the log is not demanded', async () => {
    const sigstore = sigstoreAt()
    sigstore.tell('wrong-set')
    const bundle = await signed(sigstore, { timestamp: true })
    const ignoring = { transparencyLog: 'insecure-ignore' } as const
    expect(await outcome(() => verifyJson(sigstore, bundle, ignoring))).toBe('INVALID_LOG_PROMISE')
  })

  test('A-19: without a log entry there is no time, and a certificate is refused', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { log: 'none' })
    const ignoring = { transparencyLog: 'insecure-ignore' } as const
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('MISSING_LOG_ENTRY')
    expect(await outcome(() => verifyJson(sigstore, bundle, ignoring))).toBe('MISSING_TIMESTAMP')
  })

  test('A-21: a time one second ahead of now is refused, by the log and by the authority', async () => {
    const sigstore = sigstoreAt()
    const early = { now: new Date(signingTime.getTime() - 1000) }
    const logged = await signed(sigstore)
    const stamped = await signed(sigstore, { log: 'v2' })
    expect(await outcome(() => verifyJson(sigstore, logged, early))).toBe('TIME_IN_FUTURE')
    expect(await outcome(() => verifyJson(sigstore, stamped, early))).toBe('TIME_IN_FUTURE')
    expect(await outcome(() => verifyJson(sigstore, logged, { now: signingTime }))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, stamped, { now: signingTime }))).toBe('ok')
  })

  test.each([
    'transparencyLogs',
    'certificateAuthorities',
    'timestampAuthorities',
    'certificateLogs',
  ] as const)(
    'A-22: %s of which the window had ended before the signing do not count; the last moment does',
    async (kind) => {
      const codes = {
        transparencyLogs: 'INVALID_LOG_PROOF',
        certificateAuthorities: 'UNTRUSTED_CERTIFICATE',
        timestampAuthorities: 'INVALID_TIMESTAMP',
        certificateLogs: 'INVALID_SCT',
      }
      const sigstore = sigstoreAt()
      const bundle = await signed(sigstore, { log: 'v2' })
      const root = parseTrustRoot(sigstore.trustedRoot)
      const before = withWindow(root, kind, new Date(signingTime.getTime() - 60_000))
      expect(await outcome(() => verifyJson(sigstore, bundle, { trust: before }))).toBe(codes[kind])
      expect(
        await outcome(() => verifyJson(sigstore, bundle, { trust: withWindow(root, kind, signingTime) })),
      ).toBe('ok')
    },
  )

  test('A-22: the promise of a Rekor v1 log counts within its window only', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const root = parseTrustRoot(sigstore.trustedRoot)
    const before = withWindow(root, 'transparencyLogs', minutes(-1))
    expect(await outcome(() => verifyJson(sigstore, bundle, { trust: before }))).toBe('INVALID_LOG_PROMISE')
  })

  test.each<[Lie, string]>([
    ['foreign-timestamp', 'INVALID_TIMESTAMP'],
    ['foreign-timestamp-authority', 'INVALID_TIMESTAMP'],
    ['late-timestamp', 'TIME_IN_FUTURE'],
  ])('A-17: an authority that lies by "%s" is refused with %s', async (lie, code) => {
    const sigstore = sigstoreAt()
    sigstore.tell(lie)
    const bundle = await signed(sigstore, { log: 'v2' })
    // A foreign authority has another serial number: it is unknown, so that nobody vouches for the time.
    const expected = lie === 'foreign-timestamp-authority' ? 'MISSING_TIMESTAMP' : code
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe(expected)
  })

  test('A-27, J-9: a timestamp by a certificate that is not for timestamping alone is refused', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { log: 'v2' })
    const root = parseTrustRoot(sigstore.trustedRoot)
    const changed = root.timestampAuthorities.map((chain) => ({
      ...chain,
      certificates: chain.certificates.map((certificate, index) => {
        if (index > 0) return certificate
        const extensions = new Map(certificate.extensions)
        extensions.delete('2.5.29.37')
        return { ...certificate, extensions }
      }),
    }))
    const trust = { ...root, timestampAuthorities: changed }
    expect(await outcome(() => verifyJson(sigstore, bundle, { trust }))).toBe('INVALID_TIMESTAMP')
  })

  test('J-6: the window of a managed key is held against every verified time', async () => {
    const sigstore = sigstoreAt()
    const keys = ecKeyPair()
    const key = parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    const bundle = await signed(sigstore, { signer: keys })
    const from = (start: Date, last?: Date) => ({
      keys: [{ ...key, validFor: { start, ...(last && { end: last }) } }],
    })
    expect(await outcome(() => verifyJson(sigstore, bundle, from(signingTime, signingTime)))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle, from(minutes(1))))).toBe('KEY_NOT_VALID_AT_TIME')
    expect(await outcome(() => verifyJson(sigstore, bundle, from(minutes(-9), minutes(-1))))).toBe(
      'KEY_NOT_VALID_AT_TIME',
    )
  })
})

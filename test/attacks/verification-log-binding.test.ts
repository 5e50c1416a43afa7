import { createHash, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { parsePublicKey } from '@assay/core'
import { digestOf } from '@assay/registry'
import { bodyOf, pem, relog, withEntries, withEntry } from '@assay/test-support/log-tampering'
import { outcome, signed, sigstoreAt, statementPayload, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

describe('A.1 the log entry must be about this signature', () => {
  test('the virtual log verifies as it is, and after an honest relogging', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('ok')
    const again = withEntry(bundle, (entry) => relog(sigstore, entry, bodyOf(entry)))
    expect(await outcome(() => verifyJson(sigstore, again))).toBe('ok')
  })

  test('A-01, A-03: a genuine entry of another signature does not count', async () => {
    const sigstore = sigstoreAt()
    const [mine, other] = [await signed(sigstore), await signed(sigstore)]
    const spliced = withEntries(mine, other.verificationMaterial.tlogEntries)
    expect(await outcome(() => verifyJson(sigstore, spliced))).toBe('LOG_ENTRY_MISMATCH')
  })

  test.each<[string, (spec: any) => void]>([
    [
      'digest',
      (spec) => {
        spec.payloadHash.value = 'ab'.repeat(32)
      },
    ],
    [
      'certificate',
      (spec) => {
        spec.signatures[0].verifier = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
      },
    ],
    [
      'signature',
      (spec) => {
        spec.signatures[0].signature = Buffer.from('another').toString('base64')
      },
    ],
  ])(
    'A-03, A-07: an entry that the log signed and that differs in its %s only is refused',
    async (_, change) => {
      const sigstore = sigstoreAt()
      const bundle = withEntry(await signed(sigstore), (entry) => {
        const body = bodyOf(entry)
        change(body.spec)
        relog(sigstore, entry, body)
      })
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('LOG_ENTRY_MISMATCH')
    },
  )

  test.each<[string, (spec: any) => void]>([
    [
      'digest',
      (spec) => {
        spec.data.hash.value = 'ab'.repeat(32)
      },
    ],
    [
      'key',
      (spec) => {
        spec.signature.publicKey.content = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
      },
    ],
    [
      'signature',
      (spec) => {
        spec.signature.content = Buffer.from('another').toString('base64')
      },
    ],
  ])('A-07: a hashedrekord entry that differs in its %s only is refused', async (_, change) => {
    const sigstore = sigstoreAt()
    const artifact = Buffer.from('a file')
    const made = await signed(sigstore, { payload: artifact, content: 'message' })
    const bundle = withEntry(made, (entry) => {
      const body = bodyOf(entry)
      change(body.spec)
      relog(sigstore, entry, body)
    })
    const about = { subject: digestOf(artifact), artifact }
    expect(await outcome(() => verifyJson(sigstore, made, about))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle, about))).toBe('LOG_ENTRY_MISMATCH')
  })

  test('J-3: an entry under the twin key that ECDSA recovery gives for the same signature is refused', async () => {
    const sigstore = sigstoreAt()
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const trusted = parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    const made = await signed(sigstore, { signer: keys })
    expect(await outcome(() => verifyJson(sigstore, made, { keys: [trusted] }))).toBe('ok')
    const signature = Buffer.from(made.dsseEnvelope?.signatures[0]?.sig ?? '', 'base64')
    const payload = statementPayload()
    const pae = Buffer.concat([
      Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.byteLength} `),
      payload,
    ])
    const twin = twinKey({ signature, message: pae, own: trusted.spki })
    // The twin verifies the same signature over the same bytes.
    expect(verify('sha256', pae, twin, signature)).toBe(true)
    const bundle = withEntry(made, (entry) => {
      const body = bodyOf(entry)
      body.spec.signatures[0].verifier = pem(twin)
      relog(sigstore, entry, body)
    })
    expect(await outcome(() => verifyJson(sigstore, bundle, { keys: [trusted] }))).toBe('LOG_ENTRY_MISMATCH')
  })
})

/** The other public key under which an ECDSA signature over a message verifies (SEC 1 §4.1.6). */
function twinKey(of: {
  readonly signature: Uint8Array
  readonly message: Uint8Array
  readonly own: Uint8Array
}): KeyObject {
  const digest = createHash('sha256').update(of.message).digest()
  const { r, s } = p256.Signature.fromBytes(of.signature, 'der')
  const own = Buffer.from(of.own.subarray(-65))
  for (const recovery of [0, 1]) {
    const point = new p256.Signature(r, s, recovery).recoverPublicKey(digest).toBytes(false)
    if (own.equals(point)) continue
    const prefix = of.own.subarray(0, of.own.byteLength - 65)
    return createPublicKey({ key: Buffer.concat([prefix, point]), format: 'der', type: 'spki' })
  }
  throw new Error('there is no twin')
}

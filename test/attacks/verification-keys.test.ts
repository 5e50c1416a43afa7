import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { parsePublicKey, TrustError } from '@assay/core'
import { digestOf } from '@assay/registry'
import { artifact, outcome, signed, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

function pemOf(key: { export(options: { format: 'pem'; type: 'spki' }): string | Buffer }): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

describe('J-8, D.1 keys', () => {
  test.each(['P-256', 'P-384', 'P-521', 'rsa-2048', 'rsa-4096', 'ed25519'])(
    '%s: statements and files verify, with the log, by file; another key is refused',
    async (kind) => {
      const sigstore = sigstoreAt()
      const keys = keysOf(kind)
      const trusted = parsePublicKey(pemOf(keys.publicKey))
      const other = parsePublicKey(pemOf(keysOf(kind).publicKey))
      const statement = await signed(sigstore, { signer: keys, log: kind === 'ed25519' ? 'none' : 'v1' })
      const options = kind === 'ed25519' ? ({ transparencyLog: 'insecure-ignore' } as const) : {}
      expect(await outcome(() => verifyJson(sigstore, statement, { ...options, keys: [trusted] }))).toBe('ok')
      expect(
        await outcome(() => verifyJson(sigstore, statement, { ...options, keys: [other, trusted] })),
      ).toBe('ok')
      expect(await outcome(() => verifyJson(sigstore, statement, { ...options, keys: [] }))).toBe(
        'UNTRUSTED_KEY',
      )
      const refused = await outcome(() => verifyJson(sigstore, statement, { ...options, keys: [other] }))
      expect(refused).toBe(kind === 'ed25519' ? 'INVALID_SIGNATURE' : 'LOG_ENTRY_MISMATCH')
      const file = await signed(sigstore, {
        signer: keys,
        payload: artifact,
        content: 'message',
        log: 'none',
      })
      const about = { keys: [trusted], transparencyLog: 'insecure-ignore', artifact } as const
      expect(await outcome(() => verifyJson(sigstore, file, about))).toBe('ok')
      const foreign = { ...about, keys: [other] }
      expect(await outcome(() => verifyJson(sigstore, file, foreign))).toBe('INVALID_SIGNATURE')
    },
  )

  test.each<[string, 'sha256' | 'sha512']>([
    ['P-256', 'sha256'],
    ['P-521', 'sha512'],
    ['rsa-2048', 'sha256'],
  ])(
    '%s: a file verifies by its %s digest alone, and a changed signature does not',
    async (kind, algorithm) => {
      const sigstore = sigstoreAt()
      const keys = keysOf(kind)
      const file = await signed(sigstore, {
        signer: keys,
        payload: artifact,
        content: 'message',
        log: 'none',
      })
      const about = {
        keys: [parsePublicKey(pemOf(keys.publicKey))],
        transparencyLog: 'insecure-ignore',
        subject: digestOf(artifact, algorithm),
      } as const
      expect(await outcome(() => verifyJson(sigstore, file, about))).toBe('ok')
      const hash = algorithm
      const signature = sign(hash, Buffer.from('other'), keys.privateKey).toString('base64')
      const changed = { ...file, messageSignature: { ...Object(file.messageSignature), signature } }
      expect(await outcome(() => verifyJson(sigstore, changed, about))).toBe('INVALID_SIGNATURE')
    },
  )

  test('Ed25519ph verifies as cosign signs with it', async () => {
    const sigstore = sigstoreAt()
    const keys = keysOf('ed25519')
    const secret = keys.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
    const file = await signed(sigstore, { signer: keys, payload: artifact, content: 'message', log: 'none' })
    const signature = Buffer.from(ed25519ph.sign(artifact, secret)).toString('base64')
    const prehashed = { ...file, messageSignature: { ...Object(file.messageSignature), signature } }
    const about = {
      keys: [parsePublicKey(pemOf(keys.publicKey))],
      transparencyLog: 'insecure-ignore',
      artifact,
    } as const
    expect(await outcome(() => verifyJson(sigstore, prehashed, about))).toBe('ok')
    expect(
      await outcome(() =>
        verifyJson(sigstore, file, {
          ...about,
          artifact: Buffer.from('x'),
          subject: digestOf(Buffer.from('x')),
        }),
      ),
    ).toBe('SUBJECT_MISMATCH')
  })

  test.each<[string, () => string, string]>([
    [
      'RSA-1024',
      () => pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    [
      'RSA with exponent 3',
      () => pemOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    [
      'RSA-PSS',
      () => pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    ['Ed448', () => pemOf(generateKeyPairSync('ed448').publicKey), 'UNSUPPORTED_KEY'],
    [
      'secp256k1',
      () => pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    [
      'explicit parameters',
      () => pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    [
      'DSA',
      () => pemOf(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey),
      'UNSUPPORTED_KEY',
    ],
    ['nothing', () => '', 'MALFORMED_KEY'],
    ['white space', () => ' \n\n ', 'MALFORMED_KEY'],
    [
      'a private key',
      () => keysOf('P-256').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      'MALFORMED_KEY',
    ],
    ['two keys', () => pemOf(keysOf('P-256').publicKey).repeat(2), 'MALFORMED_KEY'],
    ['text around', () => `hello\n${pemOf(keysOf('P-256').publicKey)}`, 'MALFORMED_KEY'],
    ['50 MB of openings', () => '-----BEGIN'.repeat(5_000_000), 'MALFORMED_KEY'],
  ])('D-01, D-10, D-17: a key file with %s is refused', (_, make, code) => {
    expect(() => parsePublicKey(make())).toThrow(TrustError)
    expect(() => parsePublicKey(make())).toThrow(expect.objectContaining({ code }))
  })

  test('D-17: line ends of another system are read', () => {
    expect(parsePublicKey(pemOf(keysOf('P-256').publicKey).replaceAll('\n', '\r\n')).algorithm).toBe(
      'ecdsa-p256',
    )
  })
})

function keysOf(kind: string): {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
} {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519')
  if (kind.startsWith('rsa-')) return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) })
  return generateKeyPairSync('ec', { namedCurve: kind })
}

import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { TrustError } from './trust-error.ts'

export type KeyAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'rsa' | 'ed25519'

/** A public key that somebody named as trusted, or that a trusted root holds. */
export interface TrustedKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** base64(sha256(spki)): cosign's hint. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  readonly keyObject: KeyObject
  /** When signatures by it count, both ends included; always, where it is missing. */
  readonly validFor?: Period
}

/** A closed interval: both ends belong to it. */
export interface Period {
  readonly start: Date
  readonly end?: Date
}

export function isWithin(period: Period, time: Date): boolean {
  return period.start <= time && (period.end === undefined || time <= period.end)
}

const maxPemSize = 64 * 1024

/**
 * Reads a public key file: one PEM block "PUBLIC KEY" and nothing else.
 * @throws TrustError MALFORMED_KEY, UNSUPPORTED_KEY
 */
export function parsePublicKey(pem: Uint8Array | string): TrustedKey {
  const text = typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1')
  const key = text.length > maxPemSize ? undefined : decodePem(text, 'PUBLIC KEY')
  if (key === undefined)
    throw new TrustError('MALFORMED_KEY', 'the file is not exactly one public key', {
      expected: 'one PEM block "PUBLIC KEY"',
    })
  return keyFromSpki(key)
}

/** The bytes of a text that is exactly one PEM block with this label (RFC 7468); undefined for anything else. */
export function decodePem(text: string, label: string): Uint8Array | undefined {
  const lines = text.trim().split(/\r?\n/)
  if (
    lines.length < 3 ||
    lines[0] !== `-----BEGIN ${label}-----` ||
    lines.at(-1) !== `-----END ${label}-----`
  )
    return undefined
  const base64 = lines.slice(1, -1).join('')
  const bytes = Buffer.from(base64, 'base64')
  return bytes.byteLength > 0 && bytes.toString('base64') === base64 ? bytes : undefined
}

/**
 * Reads a key in its DER form, `pkcs1` for the bare RSA keys of old log operators.
 * @throws TrustError MALFORMED_KEY, UNSUPPORTED_KEY
 */
export function keyFromSpki(der: Uint8Array, type: 'spki' | 'pkcs1' = 'spki'): TrustedKey {
  const keyObject = createKeyObject(der, type)
  const spki = keyObject.export({ format: 'der', type: 'spki' })
  return {
    spki,
    keyId: createHash('sha256').update(spki).digest('base64'),
    algorithm: algorithmOf(keyObject, spki.byteLength),
    keyObject,
  }
}

function createKeyObject(der: Uint8Array, type: 'spki' | 'pkcs1'): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type })
  } catch (error) {
    // Whatever OpenSSL dislikes about the bytes: they are not a key that can verify anything.
    throw new TrustError('MALFORMED_KEY', 'the bytes are not a public key', { cause: error })
  }
}

/** With the length of the one encoding that is accepted: a named curve and an uncompressed point (RFC 5480 §2). */
const curves: ReadonlyMap<string | undefined, { readonly algorithm: KeyAlgorithm; readonly length: number }> =
  new Map([
    ['prime256v1', { algorithm: 'ecdsa-p256', length: 91 }],
    ['secp384r1', { algorithm: 'ecdsa-p384', length: 120 }],
    ['secp521r1', { algorithm: 'ecdsa-p521', length: 158 }],
  ])

/** The allow-list: curves by name only, RSA from 2048 to 8192 bits with an exponent of 65537. */
function algorithmOf(key: KeyObject, length: number): KeyAlgorithm {
  const details = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519'
  if (key.asymmetricKeyType === 'ec') {
    const curve = curves.get(details.namedCurve)
    if (curve?.length === length) return curve.algorithm
  }
  const { modulusLength = 0, publicExponent } = details
  if (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= 2048 &&
    modulusLength <= 8192 &&
    publicExponent === 65_537n
  )
    return 'rsa'
  throw new TrustError('UNSUPPORTED_KEY', 'the public key is of a kind that is not accepted', {
    expected: 'ECDSA P-256, P-384 or P-521, RSA of 2048 to 8192 bits with exponent 65537, or Ed25519',
    got: [key.asymmetricKeyType, details.namedCurve, modulusLength || undefined].filter(Boolean).join(' '),
  })
}

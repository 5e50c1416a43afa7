import { constants, createHash, createPublicKey, privateEncrypt, sign, type KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'

/** A key of a stand-in, and how it lies. */
export interface KeptByStandIn {
  readonly key: KeyObject
  /** Signs with this one instead. */
  readonly otherKey?: KeyObject
  /** Signs other bytes than it was asked to. */
  readonly otherBytes?: boolean
  /** Answers with these bytes instead of a signature. */
  readonly garbage?: boolean
}

export type SignedForm =
  | { readonly kind: 'digest'; readonly digest: Uint8Array; readonly hash: 'sha256' | 'sha384' | 'sha512' }
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'ed25519ph'; readonly digest: Uint8Array }

export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}

export function pemOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

/** What a key service does with a digest or a message; ECDSA in DER. */
export function standInSignature(kept: KeptByStandIn, form: SignedForm): Buffer {
  const { otherKey, otherBytes = false, garbage = false } = kept
  const key = otherKey ?? kept.key
  if (garbage) return Buffer.from('this is no signature')
  if (form.kind === 'message') return sign(null, otherBytes ? Buffer.from('other bytes') : form.message, key)
  const digest = otherBytes ? Buffer.alloc(form.digest.byteLength, 7) : Buffer.from(form.digest)
  if (form.kind === 'ed25519ph') return edwardsPrehashed(key, digest)
  if (key.asymmetricKeyType === 'rsa') return rsaOverDigest(key, digest, form.hash)
  return ecdsaOverDigest(key, digest)
}

const digestInfo = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const

function rsaOverDigest(key: KeyObject, digest: Buffer, hash: keyof typeof digestInfo): Buffer {
  return privateEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([Buffer.from(digestInfo[hash], 'hex'), digest]),
  )
}

const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521 } as const

function ecdsaOverDigest(key: KeyObject, digest: Buffer): Buffer {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = Object.entries(curves).find(([each]) => each === name)?.[1] ?? p256
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
  return Buffer.from(curve.sign(digest, secret, { prehash: false, format: 'der', lowS: false }))
}

const dom2 = Buffer.from('SigEd25519 no Ed25519 collisions\u0001\u0000', 'latin1')

/** RFC 8032 §5.1.6 with the flag of Ed25519ph, over a digest that somebody else made. */
function edwardsPrehashed(key: KeyObject, digest: Buffer): Buffer {
  const hashed = createHash('sha512')
    .update(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'))
    .digest()
  const order = ed25519.Point.Fn.ORDER
  const scalarOf = (...parts: readonly Uint8Array[]): bigint =>
    number(createHash('sha512').update(Buffer.concat(parts)).digest()) % order
  const clamped = Buffer.from(hashed.subarray(0, 32))
  clamped[0] = (clamped[0] ?? 0) & 248
  clamped[31] = ((clamped[31] ?? 0) & 63) | 64
  const secret = number(clamped) % order
  const nonce = scalarOf(dom2, hashed.subarray(32), digest)
  const point = ed25519.Point.BASE.multiply(nonce).toBytes()
  const proof = (nonce + scalarOf(dom2, point, spkiOf(key).subarray(-32), digest) * secret) % order
  return Buffer.concat([
    point,
    new Uint8Array(Buffer.from(proof.toString(16).padStart(64, '0'), 'hex')).toReversed(),
  ])
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`)
}

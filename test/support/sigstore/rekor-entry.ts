import {
  createHash,
  createPublicKey,
  publicDecrypt,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { spkiOf } from './certificate.ts'
import { contentOf } from './der.ts'

/** The key of a PEM public key or certificate, as Rekor takes either. */
export function verifierKey(pem: Uint8Array): KeyObject {
  const text = Buffer.from(pem).toString()
  return text.includes('BEGIN CERTIFICATE') ? new X509Certificate(text).publicKey : createPublicKey(text)
}

/** The pre-authentication encoding of DSSE (protocol.md): what the signature of an envelope is over. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType)
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.byteLength} `),
    type,
    Buffer.from(` ${payload.byteLength} `),
    payload,
  ])
}

export function verifiesMessage(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'ed25519') return verify(null, message, key, signature)
  return verify(messageHash(key), message, key, signature)
}

/** A log sees only the digest: the signature is checked against it, as the real ones do. */
export function verifiesDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'ec') return verifiesEcDigest(key, digest, signature)
  if (key.asymmetricKeyType === 'ed25519') return ed25519phVerifies(key, digest, signature)
  if (key.asymmetricKeyType !== 'rsa') return false
  const info = publicDecrypt(key, signature)
  return Buffer.from(digest).equals(info.subarray(-digest.byteLength))
}

/** The hash that Sigstore pairs with a key (sigstore architecture docs, algorithm registry). */
export function messageHash(key: KeyObject): 'sha256' | 'sha384' | 'sha512' {
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (curve === 'secp384r1') return 'sha384'
  return curve === 'secp521r1' || key.asymmetricKeyType === 'ed25519' ? 'sha512' : 'sha256'
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function verifiesEcDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521 }
  const name = key.asymmetricKeyDetails?.namedCurve
  const curve =
    name === 'prime256v1' || name === 'secp384r1' || name === 'secp521r1' ? curves[name] : undefined
  if (curve === undefined) return false
  return curve.verify(signature, digest, pointOf(key), { prehash: false, format: 'der', lowS: false })
}

/** RFC 8032 §5.1.7 with the prehash at hand: S·B = R + k·A, where k hashes dom2, R, A and the digest. */
function ed25519phVerifies(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  if (digest.byteLength !== 64 || signature.byteLength !== 64) return false
  const { Point } = ed25519
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
  const domain = Buffer.concat([Buffer.from('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0)])
  const k = createHash('sha512').update(domain).update(r).update(pointOf(key)).update(digest).digest()
  const expected = Point.fromBytes(r).add(
    Point.fromBytes(pointOf(key)).multiplyUnsafe(littleEndian(k) % Point.Fn.ORDER),
  )
  return Point.BASE.multiplyUnsafe(littleEndian(s) % Point.Fn.ORDER).equals(expected)
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`)
}

/** The bits of the key in its SPKI. */
function pointOf(key: KeyObject): Uint8Array {
  const info = contentOf(spkiOf(key))
  return contentOf(info.subarray(2 + (info[1] ?? 0))).subarray(1)
}

import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { HashAlgorithm } from '../../trust/hash-algorithm.ts'
import { keyFromSpki, type KeyAlgorithm, type TrustedKey } from '../../trust/public-key.ts'
import { TrustError } from '../../trust/trust-error.ts'
import { SigningError } from '../signing-error.ts'

/** A key that signs. The secret stays inside the KeyObject: printing or serialising this value shows none of it. */
export interface PrivateKey {
  readonly algorithm: KeyAlgorithm
  /** The hash that the algorithm is used with; Ed25519 takes the message itself. */
  readonly hash: HashAlgorithm
  readonly publicKey: TrustedKey
  readonly keyObject: KeyObject
}

/** Every signature is made with the hash of the key's strength (sigstore architecture-docs, algorithm registry). */
export function hashOf(algorithm: KeyAlgorithm): HashAlgorithm {
  return hashes[algorithm]
}

const hashes: Readonly<Record<KeyAlgorithm, HashAlgorithm>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
  rsa: 'sha256',
  ed25519: 'sha512',
}

/**
 * Reads the PKCS #8 form of a key.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY
 */
export function privateKeyFromPkcs8(der: Uint8Array): PrivateKey {
  try {
    return ownPrivateKey(createPrivateKey({ key: viewOf(der), format: 'der', type: 'pkcs8' }))
  } catch (error) {
    if (error instanceof SigningError) throw error
    // OpenSSL's errors describe the structure, never the content; still, nothing of a secret is passed on.
    throw new SigningError('MALFORMED_KEY', 'the bytes are not a private key')
  }
}

/** The same bytes, so that who clears them clears all that there are. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * A key that somebody wrote down. The forms of EC keys hold the public half, too, and OpenSSL takes it as it stands: a
 * foreign one would make signatures that nobody can verify, under somebody else's name.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY
 */
export function ownPrivateKey(keyObject: KeyObject): PrivateKey {
  const key = toPrivateKey(keyObject)
  const message = Buffer.from('is this public key mine?')
  const hash = key.algorithm === 'ed25519' ? null : key.hash
  if (verify(hash, message, key.publicKey.keyObject, signWith(key, message))) return key
  throw new SigningError('MALFORMED_KEY', 'the public half in the private key belongs to another key')
}

/** @throws SigningError UNSUPPORTED_KEY */
export function toPrivateKey(keyObject: KeyObject): PrivateKey {
  try {
    const publicKey = keyFromSpki(createPublicKey(keyObject).export({ format: 'der', type: 'spki' }))
    return { algorithm: publicKey.algorithm, hash: hashOf(publicKey.algorithm), publicKey, keyObject }
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    const { expected, got } = error
    throw new SigningError('UNSUPPORTED_KEY', 'the private key is of a kind that is not accepted', {
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
    })
  }
}

/** RSA is PKCS #1 v1.5; ECDSA signatures are DER. */
export function signWith(key: PrivateKey, message: Uint8Array): Uint8Array {
  return sign(key.algorithm === 'ed25519' ? null : key.hash, message, key.keyObject)
}

/** SPKI in PEM, "PUBLIC KEY". */
export function publicKeyPem(key: TrustedKey): string {
  return key.keyObject.export({ format: 'pem', type: 'spki' }).toString()
}

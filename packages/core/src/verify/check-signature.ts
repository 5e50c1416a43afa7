import { constants, publicDecrypt, verify, type KeyObject } from 'node:crypto'
import type { HashAlgorithm } from '../trust/hash-algorithm.ts'
import type { KeyAlgorithm, TrustedKey } from '../trust/public-key.ts'
import type { SignedContent } from './signed-content.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** The hash that goes with a key unless the signer names one (sigstore/protobuf-specs PublicKeyDetails). */
export const defaultHash: Readonly<Record<KeyAlgorithm, HashAlgorithm>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
  rsa: 'sha256',
  ed25519: 'sha512',
}

/** Tells whether a signature holds; made before it is needed, since curves are loaded only when node lacks them. */
export type SignatureCheck = () => boolean

/**
 * Step "signature": the check of a signature by a key, over the signed bytes or, where only a digest is known,
 * over that digest.
 *
 * "The Verifier MUST verify the provided signature for the constructed payload against the key in the leaf of the
 * certificate chain." (Sigstore client spec §4.5)
 * @throws VerificationError INVALID_SIGNATURE where a digest alone cannot be checked with such a key
 */
export async function signatureCheck(key: TrustedKey, signed: SignedContent): Promise<SignatureCheck> {
  const hash = signed.hash ?? defaultHash[key.algorithm]
  if (signed.bytes === undefined) return await digestCheck(key, signed, hash)
  const { bytes, signature } = signed
  if (key.algorithm !== 'ed25519') return () => verify(hash, bytes, key.keyObject, signature)
  // Ed25519 and Ed25519ph are two schemes over one key, told apart inside the signature (RFC 8032 §8.6), and
  // neither a bundle nor a key file says which of them it is: one of the two must hold.
  const { ed25519ph } = await import('@noble/curves/ed25519.js')
  return () =>
    verify(null, bytes, key.keyObject, signature) ||
    (signature.byteLength === 64 &&
      ed25519ph.verify(signature, bytes, rawEd25519(key.keyObject), { zip215: false }))
}

async function digestCheck(
  key: TrustedKey,
  signed: SignedContent,
  hash: HashAlgorithm,
): Promise<SignatureCheck> {
  const digest = signed.digest(hash)
  const needFile = new VerificationError(
    'INVALID_SIGNATURE',
    'the signature cannot be checked with a digest alone',
    {
      step: 'signature',
      expected: `the file, or its ${hash} digest`,
      hint: 'give the file instead of its digest',
    },
  )
  if (digest === undefined || key.algorithm === 'ed25519') throw needFile
  if (key.algorithm === 'rsa')
    return () => holdsForRsaDigest(key.keyObject, { digest, hash, signature: signed.signature })
  const curve = await loadCurve(key.algorithm)
  const point = rawPoint(key.spki, key.algorithm)
  return () => {
    try {
      return curve.verify(signed.signature, digest, point, { prehash: false, format: 'der', lowS: false })
    } catch {
      // The library throws on signatures that are not DER; such a signature does not hold.
      return false
    }
  }
}

async function loadCurve(algorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521') {
  const { p256, p384, p521 } = await import('@noble/curves/nist.js')
  return { 'ecdsa-p256': p256, 'ecdsa-p384': p384, 'ecdsa-p521': p521 }[algorithm]
}

/** The uncompressed point at the end of a SubjectPublicKeyInfo. */
function rawPoint(spki: Uint8Array, algorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521'): Uint8Array {
  const length = { 'ecdsa-p256': 65, 'ecdsa-p384': 97, 'ecdsa-p521': 133 }[algorithm]
  return spki.subarray(spki.byteLength - length)
}

function rawEd25519(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}

// RFC 8017 §9.2, notes: the DER of DigestInfo up to the digest.
const digestInfo: Readonly<Record<HashAlgorithm, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** RFC 8017 §8.2.2: the expected encoding is built and compared as a whole, so there is nothing to parse leniently. */
function holdsForRsaDigest(
  key: KeyObject,
  {
    digest,
    hash,
    signature,
  }: { readonly digest: Uint8Array; readonly hash: HashAlgorithm; readonly signature: Uint8Array },
): boolean {
  const length = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  if (signature.byteLength !== length) return false
  const tail = Buffer.concat([Buffer.from(digestInfo[hash], 'hex'), digest])
  const padding = Buffer.alloc(length - tail.byteLength - 3, 0xff)
  const expected = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), tail])
  let actual: Buffer
  try {
    actual = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    // A number that is not below the modulus: no signature of this key.
    return false
  }
  return actual.equals(expected)
}

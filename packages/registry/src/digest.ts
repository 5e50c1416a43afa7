import { createHash, type Hash } from 'node:crypto'
import { RegistryError } from './errors.ts'

declare const brand: unique symbol
/** `sha256:<64 lower-case hex>` or `sha512:<128 lower-case hex>`; made only by the functions of this file. */
export type Digest = string & { readonly [brand]: 'Digest' }
export type DigestAlgorithm = 'sha256' | 'sha512'

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Reads a digest. Upper-case hex and unknown algorithms are refused (OCI image-spec, descriptor.md "Digests").
 * @throws RegistryError INVALID_REFERENCE
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new RegistryError('INVALID_REFERENCE', 'not a digest', {
    on: text,
    expected: 'sha256:<64 hex> or sha512:<128 hex>, lower case',
    got: text,
  })
}

export function isDigest(text: string): text is Digest {
  return pattern.test(text)
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}

/** The hex part. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return finishDigest(createHash(algorithm).update(bytes), algorithm)
}

/** Ends a running hash. The hash cannot be used afterwards. */
export function finishDigest(hash: Hash, algorithm: DigestAlgorithm): Digest {
  return parseDigest(`${algorithm}:${hash.digest('hex')}`)
}

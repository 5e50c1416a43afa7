import type { Call } from '@assay/registry'
import type { HashAlgorithm } from '../../trust/hash-algorithm.ts'
import type { TrustedKey } from '../../trust/public-key.ts'

/** A signature and by what it is to be verified. */
export interface Signature {
  readonly value: Uint8Array
  readonly publicKey: TrustedKey
  /** The hash that was signed. */
  readonly hash: HashAlgorithm
  /** DER of the certificate for the public key, where there is one. */
  readonly certificate?: Uint8Array
}

export interface SigningCall extends Call {
  /** A witness sees only the hash of the message: with Ed25519 that takes Ed25519ph (RFC 8032 §5.1). */
  readonly hashOnly?: boolean
}

/** Signs a message: a key of somebody's, or one that lives as long as its certificate. */
export type MessageSigner = (message: Uint8Array, call?: SigningCall) => Promise<Signature>

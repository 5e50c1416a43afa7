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

/** Signs a message: a key of somebody's, or one that lives as long as its certificate. */
export type MessageSigner = (message: Uint8Array, call?: Call) => Promise<Signature>

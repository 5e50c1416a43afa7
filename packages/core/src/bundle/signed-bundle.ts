import type { HashAlgorithm } from '../trust/hash-algorithm.ts'
/**
 * Something signed, with everything that was handed over to prove it: a Sigstore bundle, or cosign's legacy
 * annotations brought into the same form. Nothing in here is trusted.
 */
export interface SignedMaterial {
  readonly format: BundleFormat
  readonly content: BundleContent | SimpleSigningContent
  readonly key: BundleKey
  readonly logEntries: readonly LogEntry[]
  /** RFC 3161 TimeStampResp, DER. */
  readonly timestamps: readonly Uint8Array[]
}

/** What a Sigstore bundle can hold. */
export interface SignedBundle extends SignedMaterial {
  readonly content: BundleContent
}

export type BundleFormat = 'v0.1' | 'v0.2' | 'v0.3' | 'legacy'

export type BundleContent =
  | {
      readonly kind: 'dsse'
      readonly payloadType: string
      readonly payload: Uint8Array
      readonly signature: Uint8Array
      /** The envelope's own bytes, where they exist apart from a bundle: what older log entries hash. */
      readonly envelope?: Uint8Array
    }
  | {
      readonly kind: 'message'
      readonly signature: Uint8Array
      /** The digest that the signer claims to have signed. */
      readonly digest?: MessageDigest
    }

/** Cosign's legacy image signature: over a payload that names the image. */
export interface SimpleSigningContent {
  readonly kind: 'simple-signing'
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

export interface MessageDigest {
  readonly algorithm: HashAlgorithm
  readonly value: Uint8Array
}

export type BundleKey =
  /**
   * The leaf in DER, and what came with it. Only trusted roots hold the certificates above a leaf: `others` are
   * never used to build a chain.
   */
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array; readonly others: readonly Uint8Array[] }
  /** A claim which key it was; decides nothing. */
  | { readonly kind: 'hint'; readonly hint: string }

export interface LogEntry {
  readonly logIndex: bigint
  readonly logId: Uint8Array
  readonly kind: string
  readonly version: string
  /** Seconds since 1970; 0 where the log gives none (Rekor v2). */
  readonly integratedTime: bigint
  /** The signed entry timestamp. */
  readonly promise?: Uint8Array
  readonly proof?: InclusionProof
  /** The canonical entry, the leaf of the log. */
  readonly body: Uint8Array
}

export interface InclusionProof {
  readonly logIndex: bigint
  readonly treeSize: bigint
  readonly rootHash: Uint8Array
  readonly hashes: readonly Uint8Array[]
  /** The signed note; missing in some v0.1 bundles, where the promise vouches for the entry. */
  readonly checkpoint?: string
}

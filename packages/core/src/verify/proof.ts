import type { SimpleSigning } from '../bundle/simple-signing.ts'
import type { Descriptor, Digest } from '@assay/registry'
import type { KeyAlgorithm } from '../trust/public-key.ts'
import type { Identity } from '../trust/identity.ts'
import type { Statement, Subject as StatementSubject } from '../statement/statement.ts'

declare const verified: unique symbol

/** Made only by `verifyBundle` and its legacy twin: to hold one is to know that every check passed. */
export interface Proof {
  readonly [verified]: true
  /** The referrer, legacy layer or file that it came from. */
  readonly source: ProofSource
  /** The digest of what was signed: an image manifest or index, or a blob. */
  readonly subject: Digest
  readonly signer: Signer
  /** From logs and timestamp authorities; empty only for a bare key. */
  readonly times: readonly VerifiedTime[]
  /** Log entries that were verified, one for each distinct log. */
  readonly logEntries: readonly VerifiedLogEntry[]
  readonly content: ProofContent
  /** Checks that the caller switched off by name; shown wherever the proof is shown. */
  readonly weakened: readonly Weakening[]
}

export type ProofSource =
  | { readonly kind: 'referrer'; readonly manifest: Descriptor; readonly format: 'bundle' }
  | { readonly kind: 'legacy'; readonly layer: Descriptor; readonly format: 'legacy' }
  | { readonly kind: 'file'; readonly format: 'bundle' }

export type Signer =
  | { readonly kind: 'certificate'; readonly identity: Identity; readonly certificate: CertificateFacts }
  /** `keyId` is base64(sha256(SPKI DER)), cosign's hint. */
  | { readonly kind: 'key'; readonly keyId: string; readonly algorithm: KeyAlgorithm }

export interface CertificateFacts {
  /** Hexadecimal. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly algorithm: KeyAlgorithm
}

export interface VerifiedTime {
  readonly at: Date
  readonly source: 'transparency-log' | 'timestamp-authority'
  /** The log's or authority's name: base URL or certificate subject. */
  readonly by: string
}

export interface VerifiedLogEntry {
  /** The log's base URL in the trusted root. */
  readonly log: string
  readonly logIndex: string
  readonly kind: string
  readonly integratedAt?: Date
  readonly proof: 'inclusion-proof' | 'signed-entry-timestamp' | 'both'
}

export type ProofContent =
  | {
      readonly kind: 'statement'
      readonly statement: Statement
      readonly payload: Uint8Array
      /** The one of its subjects that was found to be the proof's. */
      readonly meant: StatementSubject
    }
  | { readonly kind: 'simple-signing'; readonly payload: SimpleSigning }
  | { readonly kind: 'blob' }

export type Weakening = 'transparency-log-ignored' | 'sct-ignored'

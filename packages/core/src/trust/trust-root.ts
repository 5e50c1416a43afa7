import type { Certificate } from './certificate.ts'
import type { Period, TrustedKey } from './public-key.ts'

/** Who is trusted to certify, to log and to tell the time, and when (sigstore_trustroot.proto). */
export interface TrustRoot {
  readonly origin: TrustOrigin
  readonly certificateAuthorities: readonly CertificateChain[]
  readonly timestampAuthorities: readonly CertificateChain[]
  readonly transparencyLogs: readonly LogAuthority[]
  readonly certificateLogs: readonly LogAuthority[]
  /** Logs whose keys are of a kind that we cannot verify with: they count for nothing. */
  readonly unsupported: readonly string[]
}

export type TrustOrigin =
  | { readonly kind: 'given' }
  /** Shipped with the package; `asOf` says how old it is. */
  | { readonly kind: 'embedded'; readonly asOf: Date }
  /** Brought up to date through a TUF repository. */
  | { readonly kind: 'tuf'; readonly mirror: string }

/** An authority's certificates, leaf-most first, the root last. */
export interface CertificateChain {
  readonly uri: string
  readonly certificates: readonly Certificate[]
  readonly validFor: Period
}

export interface LogAuthority {
  readonly baseUrl: string
  readonly logId: Uint8Array
  /** The key id of its checkpoints, whole or its first four bytes. */
  readonly checkpointKeyId?: Uint8Array
  readonly key: TrustedKey
  readonly validFor: Period
}

import type { Position } from './problem.ts'

/** A TrustRoot document: where the trust material of a name comes from. */
export interface NamedTrustRoot {
  readonly name: string
  readonly file: string
  readonly at: Position
  readonly source: TrustRootSource
}

export type TrustRootSource =
  /** A TUF repository on the network, with its first root.json. */
  | {
      readonly kind: 'remote'
      readonly mirror: string
      readonly root: Uint8Array
      readonly targets: string
      readonly target: string
    }
  /** A TUF repository in a gzipped tar, for places without a network. */
  | {
      readonly kind: 'repository'
      readonly archive: Uint8Array
      readonly root: Uint8Array
      readonly targets: string
      readonly target: string
    }
  /** Bare keys and certificates. */
  | {
      readonly kind: 'keys'
      readonly certificateAuthorities: readonly CertificateAuthorityEntry[]
      readonly timestampAuthorities: readonly CertificateAuthorityEntry[]
      readonly tlogs: readonly LogEntryKey[]
      readonly ctlogs: readonly LogEntryKey[]
    }

export interface CertificateAuthorityEntry {
  readonly uri: string
  readonly organization: string
  readonly commonName: string
  /** DER, leaf first where there is one, root last. */
  readonly chain: readonly Uint8Array[]
}

export interface LogEntryKey {
  readonly baseUrl: string
  readonly hashAlgorithm: string
  /** PEM. */
  readonly publicKey: string
}

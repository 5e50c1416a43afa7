import type { ConnectionOptions, Transport } from '@assay/registry'

/** All that opening a key may reach for. */
export interface KeyAccess {
  /** For `env://`, for the credentials of key services, and what a key plugin finds in its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asked for only where the key is encrypted. */
  readonly password: () => Promise<string>
  readonly signal: AbortSignal
  /** The time, for requests that are signed with it and for credentials that expire. */
  readonly now: () => Date
  readonly connect: (way?: KeyWay) => Transport
}

/** A way to a service that keeps keys. */
export interface KeyWay {
  /** The certificates of a private service, and ours. */
  readonly connection?: Pick<ConnectionOptions, 'ca' | 'clientCertificate'>
  /** Hosts that speak nothing but http: the metadata servers of clouds. */
  readonly allowHttp?: readonly string[]
  /** Whether redirects are followed; never with secrets in the request. */
  readonly redirects?: boolean
  /** Whether a request that failed may be sent again: not where it makes something. */
  readonly once?: boolean
}

import { anonymous, type Keychain } from '../credentials/credential.ts'
import { auth } from './auth.ts'
import { limits } from './limits.ts'
import { nodeHttp, type ConnectionOptions } from './node-http.ts'
import { redirect } from './redirect.ts'
import { retry, type RetryOptions } from './retry.ts'
import { secureOnly } from './secure-only.ts'
import { trace } from './trace.ts'
import { layered, type Transport } from './transport.ts'

export interface RegistryTransportOptions {
  /** Whose credentials to use; without one, access is anonymous. */
  readonly keychain?: Keychain
  /** Registries (`name[:port]`) that may be spoken to over http; this machine always may. */
  readonly allowHttp?: ReadonlySet<string>
  readonly trustedRealms?: ReadonlySet<string>
  readonly retry?: RetryOptions
  /** Gets a line for each request that is sent, without secrets. */
  readonly trace?: (line: string) => void
  readonly connection?: ConnectionOptions
  /** What carries the bytes; by default a Node client of its own. For tests and for embedding. */
  readonly base?: Transport
}

/**
 * The transport for registries: https only, credentials answered where they belong, throttling and cuts endured,
 * redirects followed without credentials, every answer bounded.
 */
export function registryTransport(options: RegistryTransportOptions = {}): Transport {
  const base = options.base ?? nodeHttp(options.connection).transport
  const bounded = layered(
    base,
    ...(options.trace === undefined ? [] : [trace(options.trace)]),
    secureOnly(options.allowHttp ?? new Set()),
    limits,
  )
  const again = retry(options.retry)
  return layered(
    bounded,
    again,
    auth({
      keychain: options.keychain ?? anonymous,
      tokenTransport: layered(bounded, again),
      ...(options.trustedRealms !== undefined && { trustedRealms: options.trustedRealms }),
    }),
    redirect,
  )
}

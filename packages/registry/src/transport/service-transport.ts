import { limits } from './limits.ts'
import { nodeHttp, type ConnectionOptions } from './node-http.ts'
import { secureOnly } from './secure-only.ts'
import { trace } from './trace.ts'
import { redirect } from './redirect.ts'
import { retry, type RetryOptions } from './retry.ts'
import { layered, type Transport } from './transport.ts'

export interface ServiceTransportOptions {
  /** Gets a line for each request that is sent, without secrets. */
  readonly trace?: (line: string) => void
  readonly connection?: ConnectionOptions
  /** Hosts that speak nothing but http: the metadata servers of clouds. No proxy stands before them. */
  readonly allowHttp?: ReadonlySet<string>
  /** Sends a request again after a cut, a throttle or a fault of the server; once unless given. */
  readonly retry?: RetryOptions
  /** Follows redirects of GET; not for requests with secrets. */
  readonly redirects?: boolean
}

/**
 * The transport for services that are given secrets in a request (identity tokens, signatures): https only but for
 * this machine, every answer bounded; no redirect followed and nothing sent twice, unless asked for.
 */
export function serviceTransport(options: ServiceTransportOptions = {}): Transport {
  const { allowHttp = new Set<string>() } = options
  const bounded = layered(
    nodeHttp({ ...options.connection, withoutProxy: allowHttp }).transport,
    ...(options.trace === undefined ? [] : [trace(options.trace)]),
    secureOnly(allowHttp),
    limits,
  )
  return layered(
    bounded,
    ...(options.retry === undefined ? [] : [retry(options.retry)]),
    ...(options.redirects === true ? [redirect] : []),
  )
}

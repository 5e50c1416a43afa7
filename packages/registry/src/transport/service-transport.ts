import { limits } from './limits.ts'
import { nodeHttp, type ConnectionOptions } from './node-http.ts'
import { secureOnly } from './secure-only.ts'
import { trace } from './trace.ts'
import { layered, type Transport } from './transport.ts'

export interface ServiceTransportOptions {
  /** Gets a line for each request that is sent, without secrets. */
  readonly trace?: (line: string) => void
  readonly connection?: ConnectionOptions
  /** Hosts that speak nothing but http: the metadata servers of clouds. */
  readonly allowHttp?: ReadonlySet<string>
}

/**
 * The transport for services that are given secrets in a request (identity tokens, signatures): https only but for
 * this machine, every answer bounded, no redirect followed, nothing sent twice.
 */
export function serviceTransport(options: ServiceTransportOptions = {}): Transport {
  return layered(
    nodeHttp(options.connection).transport,
    ...(options.trace === undefined ? [] : [trace(options.trace)]),
    secureOnly(options.allowHttp ?? new Set()),
    limits,
  )
}

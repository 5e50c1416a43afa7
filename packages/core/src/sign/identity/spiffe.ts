import { connect, type ClientHttp2Session } from 'node:http2'
import { isIP } from 'node:net'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'
import { callWorkloadApi } from './workload-api.ts'

/** Where SPIRE's agent listens unless told otherwise; used only by somebody who named this provider. */
const agentSocket = 'unix:///tmp/spire-agent/public/api.sock'

/** SPIFFE: a token of the workload API, at the endpoint that SPIFFE_ENDPOINT_SOCKET names. */
export const spiffe: AmbientProvider = {
  name: 'spiffe',
  present: ({ env }) => (env['SPIFFE_ENDPOINT_SOCKET'] ?? '') !== '',
  token: async (audience, { env, timeout = 30_000 }, call) => {
    const named = env['SPIFFE_ENDPOINT_SOCKET'] ?? ''
    const session = open(named === '' ? agentSocket : named)
    const limit = AbortSignal.timeout(timeout)
    const signal = call?.signal === undefined ? limit : AbortSignal.any([limit, call.signal])
    return callWorkloadApi(session, { audience, signal })
  },
}

/** The endpoint in one of its two forms (SPIFFE Workload Endpoint §4): a socket, or a port of this machine. */
function open(endpoint: string): ClientHttp2Session {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(endpoint)?.[1]
  if (path !== undefined) return connect('http://localhost', { path })
  const [, host = '', port] = /^tcp:\/\/\[?([^\]/]+?)\]?:(\d{1,5})$/.exec(endpoint) ?? []
  // Nothing is encrypted on the way, so that the way must not leave this machine.
  if (port !== undefined && isIP(host) !== 0 && (host.startsWith('127.') || host === '::1'))
    return connect(`http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`)
  throw new SigningError('NO_IDENTITY', 'SPIFFE_ENDPOINT_SOCKET does not name an endpoint of this machine', {
    expected: 'unix:///path or tcp://127.0.0.1:port',
    got: endpoint.slice(0, 200),
  })
}

import { connect } from 'node:http2'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'
import { callWorkloadApi } from './workload-api.ts'

/** SPIFFE: a token of the workload API, over the socket that SPIFFE_ENDPOINT_SOCKET names. */
export const spiffe: AmbientProvider = {
  name: 'spiffe',
  present: ({ env }) => (env['SPIFFE_ENDPOINT_SOCKET'] ?? '') !== '',
  token: async (audience, { env, timeout = 30_000 }, call) => {
    const endpoint = env['SPIFFE_ENDPOINT_SOCKET'] ?? ''
    const path = /^unix:(?:\/\/)?(\/.+)$/.exec(endpoint)?.[1]
    if (path === undefined) {
      throw new SigningError('NO_IDENTITY', 'SPIFFE_ENDPOINT_SOCKET does not name a socket', {
        expected: 'unix:///path',
        got: endpoint.slice(0, 200),
      })
    }
    const limit = AbortSignal.timeout(timeout)
    const signal = call?.signal === undefined ? limit : AbortSignal.any([limit, call.signal])
    return callWorkloadApi(connect('http://localhost', { path }), { audience, signal })
  },
}

import { CodedError } from '../errors.ts'
import { redact } from '../redact.ts'
import type { TransportLayer } from './transport.ts'

/** Hands one line per request to `print`: method, address without its query, status, time. Never headers or bodies. */
export function trace(print: (line: string) => void): TransportLayer {
  return (next) => async (request) => {
    const start = performance.now()
    const what = redact(`${request.method} ${request.url.origin}${request.url.pathname}`)
    const took = (): string => `${Math.round(performance.now() - start)} ms`
    try {
      const response = await next(request)
      print(`${what} ${response.status} ${took()}`)
      return response
    } catch (error) {
      print(`${what} ${error instanceof CodedError ? error.code : 'failed'} ${took()}`)
      throw error
    }
  }
}

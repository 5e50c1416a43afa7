import { RegistryError } from '../errors.ts'
import { isLoopbackHost } from './host.ts'
import type { TransportLayer } from './transport.ts'

/**
 * Lets nothing but https pass, and http to this machine or to hosts (`name[:port]`) that were allowed by name.
 * No host gets http because of how it is called (attack B-40).
 */
export function secureOnly(allowHttp: ReadonlySet<string>): TransportLayer {
  return (next) => async (request) => {
    const { protocol, hostname, host, username, password } = request.url
    if (username !== '' || password !== '') throw refused(host, 'a URL must not hold credentials')
    if (protocol === 'https:') return await next(request)
    const allowed = protocol === 'http:' && (isLoopbackHost(hostname) || allowHttp.has(host))
    if (!allowed)
      throw refused(host, 'only https is allowed here', 'http has to be allowed for this registry explicitly')
    return await next(request)
  }
}

function refused(on: string, message: string, hint?: string): RegistryError {
  return new RegistryError('PROTOCOL_ERROR', message, { on, ...(hint !== undefined && { hint }) })
}

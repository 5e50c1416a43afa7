import { RegistryError } from '../errors.ts'
import { discard, type HttpRequest, type HttpResponse, type TransportLayer } from './transport.ts'

const maxHops = 5
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

/**
 * Follows redirects of GET and HEAD. Credentials stay with the host and port that they were given for, also on
 * the way back (attacks B-29, B-30); https never falls to http; other methods are not followed.
 */
export const redirect: TransportLayer = (next) => async (request) => {
  let current = request
  for (let hop = 0; hop <= maxHops; hop += 1) {
    const response = await next(current)
    if (!redirects.has(response.status)) return sealed(response, current)
    const location = response.headers['location']
    await discard(response)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw refused(request, 'a redirect of a write is not followed')
    current = follow(current, location)
  }
  throw refused(request, `more than ${maxHops} redirects`)
}

function follow(request: HttpRequest, location: string | undefined): HttpRequest {
  const url = location === undefined ? null : URL.parse(location, request.url.href)
  if (url === null) throw refused(request, 'a redirect without a usable location')
  if (url.protocol !== 'https:' && url.protocol !== request.url.protocol)
    throw refused(request, 'a redirect away from https', url.protocol)
  if (url.username !== '' || url.password !== '')
    throw refused(request, 'a redirect to a URL with credentials')
  if (url.origin === request.url.origin) return { ...request, url }
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !secretHeaders.has(name)),
  )
  return { ...request, url, headers, sentBy: request.sentBy ?? request.url }
}

// Another host's challenge is not ours to answer: without it, nobody above can be asked for credentials.
function sealed(response: HttpResponse, request: HttpRequest): HttpResponse {
  if (request.sentBy === undefined) return response
  const { 'www-authenticate': _challenge, ...headers } = response.headers
  return { ...response, headers }
}

function refused(request: HttpRequest, message: string, got?: string): RegistryError {
  return new RegistryError('PROTOCOL_ERROR', message, {
    on: request.url.host,
    ...(got !== undefined && { got }),
  })
}

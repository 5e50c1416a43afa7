import type { HttpRequest, HttpResponse } from '@assay/registry'
import { answer, apiError } from './answer.ts'

export type RegistryAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'bearer'
      /** Without them, tokens are for everybody. */
      readonly username?: string
      readonly password?: string
      /** Where the challenge sends to; by default the registry's own `/token`. */
      readonly realm?: string
      /** The name of the field in the token answer. */
      readonly field?: 'token' | 'access_token'
      /** Seconds; the answer says so. */
      readonly expiresIn?: number
    }

/** The challenge for a request without valid credentials, the token answer, or undefined to let it pass. */
export function challengeOrPass(
  request: HttpRequest,
  auth: RegistryAuth | undefined,
): HttpResponse | undefined {
  if (auth === undefined) return undefined
  const given = request.headers['authorization']
  if (auth.kind === 'basic') {
    return given === basic(auth.username, auth.password) ? undefined : denied('Basic realm="test"')
  }
  if (request.url.pathname === '/token') return tokenAnswer(request, auth, given)
  const wanted = scopeOf(request)
  const token = given?.startsWith('Bearer ') === true ? given.slice('Bearer '.length) : undefined
  if (token !== undefined && grants(token, wanted)) return undefined
  const realm = auth.realm ?? `${request.url.origin}/token`
  return denied(`Bearer realm="${realm}",service="test",scope="${wanted}"`)
}

function tokenAnswer(
  request: HttpRequest,
  auth: Extract<RegistryAuth, { kind: 'bearer' }>,
  given: string | undefined,
): HttpResponse {
  const isOpen = auth.username === undefined || auth.password === undefined
  if (!isOpen && given !== basic(auth.username ?? '', auth.password ?? ''))
    return apiError(401, 'UNAUTHORIZED')
  const scopes = request.url.searchParams.getAll('scope')
  const token = Buffer.from(JSON.stringify({ scopes }), 'utf8').toString('base64url')
  const body = {
    [auth.field ?? 'token']: token,
    ...(auth.expiresIn !== undefined && { expires_in: auth.expiresIn }),
  }
  return answer(200, { 'content-type': 'application/json' }, JSON.stringify(body))
}

function grants(token: string, wanted: string): boolean {
  if (wanted === '') return true
  const { scopes }: { scopes: string[] } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  const [, name, action = ''] = wanted.split(':')
  return scopes.some((scope) => {
    const [, scopeName, actions = ''] = scope.split(':')
    return scopeName === name && action.split(',').every((each) => actions.split(',').includes(each))
  })
}

function scopeOf(request: HttpRequest): string {
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(request.url.pathname)?.[1]
  if (name === undefined) return ''
  if (request.method === 'DELETE') return `repository:${name}:delete`
  return `repository:${name}:${request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push'}`
}

function denied(challenge: string): HttpResponse {
  const response = apiError(401, 'UNAUTHORIZED', 'authentication required')
  return { ...response, headers: { ...response.headers, 'www-authenticate': challenge } }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}

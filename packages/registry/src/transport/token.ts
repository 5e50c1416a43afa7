import type { Credential } from '../credentials/credential.ts'
import { RegistryError } from '../errors.ts'
import { isJsonObject, parseStrictJson, type JsonObject } from '../json/strict-json.ts'
import { readAll } from '../verified-stream.ts'
import { discard, type HttpRequest, type Transport } from './transport.ts'

export interface Token {
  readonly value: string
  /** Milliseconds since the epoch, with a margin. */
  readonly expiresAt: number
}

export interface TokenRequest {
  readonly realm: URL
  readonly registry: URL
  readonly service?: string
  readonly scopes: readonly string[]
  readonly credential?: Credential
  readonly now: number
  readonly signal?: AbortSignal
}

const maxAnswer = 256 * 1024
const maxToken = 64 * 1024
/** What a token lives if its service does not say, in seconds (distribution, "Token Response Fields"). */
const defaultLife = 60
const margin = 10

/**
 * Asks a token service for a bearer token (distribution, "Token Authentication"): GET with Basic credentials or
 * none, or POST with a refresh token (OAuth2). Redirects are not followed (attack B-27).
 * @throws RegistryError UNAUTHORIZED, PROTOCOL_ERROR, and the codes of reaching it
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<Token> {
  const on = request.realm.host
  const response = await transport(toHttp(request))
  if (response.status === 401 || response.status === 403) {
    await discard(response)
    throw new RegistryError('UNAUTHORIZED', 'the token service refuses these credentials', {
      on,
      got: String(response.status),
    })
  }
  if (response.status !== 200) {
    await discard(response)
    throw new RegistryError(codeOf(response.status), 'the token service gave no token', {
      on,
      got: String(response.status),
    })
  }
  const answer = parseStrictJson(await readAll(response.body, { limit: maxAnswer, on }), { on })
  if (!isJsonObject(answer)) throw malformed(on)
  const value = textOf(answer, 'token') ?? textOf(answer, 'access_token')
  // What goes into a header is checked, whoever says it.
  if (value === undefined || value.length > maxToken || !/^[\u0021-\u007e]+$/.test(value)) throw malformed(on)
  return { value, expiresAt: request.now + Math.max(lifeOf(answer) - margin, 5) * 1000 }
}

function toHttp(request: TokenRequest): HttpRequest {
  const { credential, realm } = request
  const isForeign = realm.host !== request.registry.host
  const shared = {
    ...(isForeign && { sentBy: request.registry }),
    ...(request.signal !== undefined && { signal: request.signal }),
  }
  const parameters = new URLSearchParams()
  if (request.service !== undefined) parameters.set('service', request.service)
  if (credential?.kind === 'refresh') {
    parameters.set('grant_type', 'refresh_token')
    parameters.set('client_id', 'assay')
    parameters.set('refresh_token', credential.token)
    parameters.set('scope', request.scopes.join(' '))
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    return {
      method: 'POST',
      url: realm,
      headers,
      body: new TextEncoder().encode(parameters.toString()),
      ...shared,
    }
  }
  const url = new URL(realm)
  for (const [name, value] of parameters) url.searchParams.set(name, value)
  for (const scope of request.scopes) url.searchParams.append('scope', scope)
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...authorization(credential) },
    ...shared,
  }
}

function authorization(credential: Credential | undefined): Readonly<Record<string, string>> {
  if (credential?.kind !== 'basic') return {}
  const text = Buffer.from(`${credential.username}:${credential.password}`, 'utf8').toString('base64')
  return { authorization: `Basic ${text}` }
}

function textOf(answer: JsonObject, key: string): string | undefined {
  const value = answer[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function lifeOf(answer: JsonObject): number {
  const value = answer['expires_in']
  return typeof value === 'number' && value > 0 ? Math.min(value, 24 * 3600) : defaultLife
}

function codeOf(status: number): 'RATE_LIMITED' | 'UNREACHABLE' | 'PROTOCOL_ERROR' {
  if (status === 429) return 'RATE_LIMITED'
  return status >= 500 ? 'UNREACHABLE' : 'PROTOCOL_ERROR'
}

function malformed(on: string): RegistryError {
  return new RegistryError('PROTOCOL_ERROR', 'the answer of the token service holds no usable token', { on })
}

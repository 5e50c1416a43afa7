import type { Credential, Keychain } from '../credentials/credential.ts'
import { RegistryError } from '../errors.ts'
import { scopesOf } from './auth-scope.ts'
import { parseChallenges, type Challenge } from './challenge.ts'
import { judgeRealm } from './realm.ts'
import { fetchToken, type Token } from './token.ts'
import { discard, type HttpRequest, type Transport, type TransportLayer } from './transport.ts'

export interface AuthOptions {
  readonly keychain: Keychain
  /** Hosts (`name[:port]`) of token services that may be given credentials although they are not the registry's own. */
  readonly trustedRealms?: ReadonlySet<string>
  /** Carries the requests for tokens; by default the layer's own next. */
  readonly tokenTransport?: Transport
  readonly now?: () => number
}

/**
 * Answers a registry's challenges: Basic, or Bearer with a token that is kept per origin and scope until it expires.
 * A request is repeated once after a challenge; a second 401 is the answer. Only requests to the registry itself are
 * given anything: what a redirect leads to is anonymous.
 */
export function auth(options: AuthOptions): TransportLayer {
  return (next) => {
    const session = new Session(options, options.tokenTransport ?? next)
    return async (request) => {
      const known = await session.known(request)
      const first = await next(withAuthorization(request, known))
      if (first.status !== 401 || request.sentBy !== undefined) return first
      const challenges = parseChallenges(first.headers['www-authenticate'] ?? '')
      const answer = await session.answer(request, challenges, known)
      if (answer === undefined || !isRepeatable(request)) return first
      await discard(first)
      return await next(withAuthorization(request, answer))
    }
  }
}

/** The tokens of one run, and which origins want Basic; each token is asked for once, however many wait for it. */
class Session {
  readonly #options: AuthOptions
  readonly #transport: Transport
  readonly #tokens = new Map<string, Promise<Token>>()
  readonly #basic = new Set<string>()

  constructor(options: AuthOptions, transport: Transport) {
    this.#options = options
    this.#transport = transport
  }

  /** The header for a request whose challenge was answered before. */
  async known(request: HttpRequest): Promise<string | undefined> {
    if (request.sentBy !== undefined) return undefined
    if (this.#basic.has(request.url.origin)) return basicHeader(await this.#credential(request))
    const key = keyOf(request)
    const token = await this.#tokens.get(key)
    if (token === undefined) return undefined
    if (token.expiresAt > this.#now()) return `Bearer ${token.value}`
    this.#tokens.delete(key)
    return undefined
  }

  /** The header that answers these challenges, or undefined if there is nothing new to offer. */
  async answer(
    request: HttpRequest,
    challenges: readonly Challenge[],
    tried: string | undefined,
  ): Promise<string | undefined> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
    const credential = await this.#credential(request)
    if (bearer !== undefined) {
      const header = await this.#bearer(request, bearer, { credential, tried })
      return header === tried ? undefined : header
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic') || credential?.kind !== 'basic') return undefined
    this.#basic.add(request.url.origin)
    const header = basicHeader(credential)
    return header === tried ? undefined : header
  }

  async #bearer(
    request: HttpRequest,
    challenge: Challenge,
    {
      credential,
      tried,
    }: { readonly credential: Credential | undefined; readonly tried: string | undefined },
  ): Promise<string | undefined> {
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`
    const key = keyOf(request)
    const present = await this.#tokens.get(key)
    // Somebody else's answer to the same challenge may have come meanwhile.
    if (present !== undefined && `Bearer ${present.value}` !== tried) return `Bearer ${present.value}`
    const pending = this.#fetch(request, challenge, credential)
    this.#tokens.set(key, pending)
    try {
      return `Bearer ${(await pending).value}`
    } catch (error) {
      this.#tokens.delete(key)
      throw error
    }
  }

  async #fetch(
    request: HttpRequest,
    challenge: Challenge,
    credential: Credential | undefined,
  ): Promise<Token> {
    const realm = challenge.parameters.get('realm')
    if (realm === undefined)
      throw new RegistryError('PROTOCOL_ERROR', 'the challenge names no token service', {
        on: request.url.host,
      })
    const { url, mayHaveCredentials } = judgeRealm(realm, request.url, this.#options.trustedRealms)
    if (credential !== undefined && !mayHaveCredentials) throw foreignRealm(request.url, url)
    const service = challenge.parameters.get('service')
    const asked = challenge.parameters.get('scope')
    const scopes = scopesOf(request)
    return await fetchToken(this.#transport, {
      realm: url,
      registry: request.url,
      scopes: scopes.length === 0 && asked !== undefined ? asked.split(' ', 8) : scopes,
      now: this.#now(),
      ...(service !== undefined && { service }),
      ...(credential !== undefined && { credential }),
      ...(request.signal !== undefined && { signal: request.signal }),
    })
  }

  async #credential(request: HttpRequest): Promise<Credential | undefined> {
    const { host } = request.url
    const name = host === 'registry-1.docker.io' ? 'docker.io' : host
    return await this.#options.keychain(name, {
      ...(request.signal !== undefined && { signal: request.signal }),
    })
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization } }
}

function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.kind !== 'basic') return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`, 'utf8').toString('base64')}`
}

function keyOf(request: HttpRequest): string {
  return `${request.url.origin} ${scopesOf(request).join(' ')}`
}

function isRepeatable(request: HttpRequest): boolean {
  return request.body === undefined || request.body instanceof Uint8Array
}

function foreignRealm(registry: URL, realm: URL): RegistryError {
  return new RegistryError(
    'UNAUTHORIZED',
    'the registry asks to send its credentials to a foreign token service',
    {
      on: registry.host,
      got: realm.host,
      hint: 'if that service is the right one, allow it as a trusted realm',
    },
  )
}

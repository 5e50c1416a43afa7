import { createHash, randomBytes } from 'node:crypto'
import type { Call } from '@assay/registry'
import { SigningError } from '../../signing-error.ts'
import { awaitCallback, loopbackNames, type Callback } from './callback-server.ts'
import { checkIdToken } from './id-token.ts'
import { requestToken, scope, type OAuthClient } from './oauth-client.ts'

export interface BrowserFlow extends OAuthClient {
  /** Where the browser is sent back to on this machine; a free port unless given. */
  readonly redirectUrl?: string
  /** Milliseconds that somebody has to sign in; five minutes unless given. */
  readonly patience?: number
  /** Shows the page to somebody. */
  readonly openPage: (url: string) => Promise<void>
}

const defaultPatience = 300_000

/**
 * Somebody signs in with a browser on this machine: the code flow of OpenID Connect with PKCE (RFC 7636, S256), a
 * state against answers that others started, and a nonce against tokens that were made for others.
 * @throws SigningError NO_IDENTITY, SERVICE_MISBEHAVED and the codes of asking a service
 */
export async function browserToken(flow: BrowserFlow, call: Call = {}): Promise<string> {
  const { issuer, clientId } = flow
  const { authorizationEndpoint } = issuer
  if (authorizationEndpoint === undefined)
    throw new SigningError('NO_IDENTITY', 'the identity provider has no page to sign in', {
      on: issuer.issuer,
      hint: 'try --fulcio-auth-flow device',
    })
  const [state, nonce, verifier] = [secret(), secret(), secret()]
  const limit = AbortSignal.timeout(flow.patience ?? defaultPatience)
  return await awaitCallback({
    ...placeOf(flow.redirectUrl),
    state,
    issuer: issuer.issuer,
    signal: call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]),
    started: async (redirectUrl) => {
      const page = new URL(authorizationEndpoint)
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUrl,
        scope,
        state,
        nonce,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      }
      for (const [name, value] of Object.entries(parameters)) page.searchParams.set(name, value)
      await flow.openPage(page.href)
    },
    exchange: async (code, redirectUrl) => {
      const answer = await requestToken(
        flow,
        { grant_type: 'authorization_code', code, redirect_uri: redirectUrl, code_verifier: verifier },
        call,
      )
      if (answer.kind === 'token') return checkIdToken(answer.idToken, flow, nonce)
      throw new SigningError('SERVICE_REFUSED', 'the identity provider refused the code', {
        on: issuer.issuer,
        got: `${answer.error} ${answer.description}`.trim().slice(0, 300),
      })
    },
  })
}

/** 256 bits, in characters that need no escape anywhere (RFC 7636 §4.1). */
function secret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * The name, the port and the path of a redirect URL on this machine: the issuer compares them with what it knows.
 * @throws SigningError NO_IDENTITY for one that leads elsewhere
 */
function placeOf(redirectUrl = 'http://localhost:0/auth/callback'): Pick<Callback, 'host' | 'port' | 'path'> {
  const url = URL.parse(redirectUrl)
  const host = loopbackNames.find((name) => url?.protocol === 'http:' && url.hostname === name)
  if (url === null || host === undefined || url.search !== '' || url.username !== '' || url.hash !== '')
    throw new SigningError('NO_IDENTITY', 'the redirect URL does not lead to this machine', {
      expected: 'http://localhost:PORT/PATH',
      got: redirectUrl.slice(0, 200),
    })
  return { host, port: Number(url.port === '' ? 80 : url.port), path: url.pathname }
}

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { VirtualSigstore } from './sigstore/virtual-sigstore.ts'

/** An answer of the identity provider: JSON, or a redirect. */
export type ProviderAnswer =
  | { readonly status: number; readonly json: object }
  | { readonly status: 302; readonly location: string }

/** What was asked: the path, and the parameters of the query or of the form. */
export interface Asked {
  readonly path: string
  readonly parameters: URLSearchParams
  readonly authorization: string | undefined
}

export interface IdentityProvider extends AsyncDisposable {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Answers in place of the provider, where it gives something. */
  override: (answer: Override) => void
}

type Override = (asked: Asked) => ProviderAnswer | undefined

const nothing: Override = () => undefined

function refused(error: string): ProviderAnswer {
  return { status: 400, json: { error } }
}

/**
 * An OpenID Connect provider on loopback where everybody is signed in already as release@acme.test: the code flow
 * with PKCE, the device flow (pending once), client credentials. The virtual Fulcio trusts its tokens.
 */
export async function identityProvider(sigstore: VirtualSigstore): Promise<IdentityProvider> {
  const asked: Asked[] = []
  const codes = new Map<string, URLSearchParams>()
  let override = nothing
  let polls = 0
  let url = ''

  const token = (claims: object): ProviderAnswer => ({
    status: 200,
    json: {
      token_type: 'Bearer',
      access_token: 'access-canary',
      id_token: sigstore.identityToken({ subject: 'release@acme.test', issuer: url, claims: { ...claims } }),
    },
  })
  const endpoints: Readonly<Record<string, (parameters: URLSearchParams) => ProviderAnswer>> = {
    '/.well-known/openid-configuration': () => ({
      status: 200,
      json: {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        device_authorization_endpoint: `${url}/device`,
        jwks_uri: `${url}/keys`,
        code_challenge_methods_supported: ['S256', 'plain'],
        id_token_signing_alg_values_supported: ['ES256'],
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      },
    }),
    '/keys': () => {
      const key = sigstore.services.fulcio.provider.publicKey.export({ format: 'jwk' })
      return { status: 200, json: { keys: [{ ...key, alg: 'ES256', use: 'sig' }] } }
    },
    '/authorize': (parameters) => {
      const code = `code-canary-${codes.size}`
      codes.set(code, parameters)
      const back = new URL(parameters.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      back.searchParams.set('state', parameters.get('state') ?? '')
      return { status: 302, location: back.href }
    },
    '/device': (parameters) => {
      codes.set('device-canary', parameters)
      return {
        status: 200,
        json: {
          device_code: 'device-canary',
          user_code: 'ABCD-EFGH',
          verification_uri: `${url}/activate`,
          expires_in: 60,
          interval: 1,
        },
      }
    },
    '/token': (parameters) => {
      if (parameters.get('grant_type') === 'client_credentials')
        return parameters.get('client_secret') === 'client-canary'
          ? token({ aud: ['sigstore', 'robot'] })
          : refused('invalid_client')
      const code = parameters.get('code') ?? parameters.get('device_code') ?? ''
      const started = codes.get(code)
      const challenge = createHash('sha256')
        .update(parameters.get('code_verifier') ?? '')
        .digest('base64url')
      if (started?.get('code_challenge') !== challenge) return refused('invalid_grant')
      if (code === 'device-canary' && polls++ === 0) return refused('authorization_pending')
      codes.delete(code)
      const nonce = started.get('nonce')
      return token(nonce === null ? {} : { nonce })
    },
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', url)
      const parameters =
        request.method === 'POST' ? new URLSearchParams(Buffer.concat(chunks).toString()) : searchParams
      const question = { path: pathname, parameters, authorization: request.headers.authorization }
      asked.push(question)
      const answer = override(question) ??
        endpoints[pathname]?.(parameters) ?? { status: 404, json: { error: 'nothing' } }
      if ('location' in answer) response.writeHead(302, { location: answer.location }).end()
      else
        response
          .writeHead(answer.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(answer.json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url = `http://127.0.0.1:${address.port}`
  return {
    url,
    asked,
    override: (answer) => {
      override = answer
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

import { createServer } from 'node:http'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { clientCredentialsToken, discoverIssuer, parseIdentityToken } from '@assay/core'
import { serviceTransport } from '@assay/registry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { identityProvider, type IdentityProvider } from '../support/identity-provider.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const access = { transport: serviceTransport({}) }

async function runningProvider(): Promise<IdentityProvider> {
  const provider = await identityProvider(virtualSigstore())
  onTestFinished(() => provider[Symbol.asyncDispose]())
  return provider
}

describe('A-31: whom an issuer may send us to', () => {
  it('a redirect to another host is not followed, and no credential leaves', async () => {
    const provider = await runningProvider()
    const asked: unknown[] = []
    const other = createServer((request, response) => {
      asked.push(request.headers)
      response.end('{}')
    })
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    provider.override(({ path }) =>
      path.startsWith('/.well-known') ? { status: 302, location: `http://localhost:${port}/` } : undefined,
    )
    await expect(discoverIssuer(access, { issuer: provider.url, trustedHosts: [] })).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      got: expect.stringContaining('302'),
    })
    expect(asked).toEqual([])
    expect(provider.asked.map(({ authorization }) => authorization)).toEqual(
      provider.asked.map(() => undefined),
    )
  })

  const documents: readonly (readonly [string, (url: string) => object])[] = [
    ['another issuer', () => ({ issuer: 'https://evil.test' })],
    ['keys at another host', () => ({ jwks_uri: 'https://evil.test/keys' })],
    ['a token endpoint at another host', () => ({ token_endpoint: 'https://evil.test/token' })],
    ['a sign-in page at another host', () => ({ authorization_endpoint: 'https://evil.test/' })],
    ['a device endpoint at another host', () => ({ device_authorization_endpoint: 'https://evil.test/' })],
    ['another port of its host', () => ({ token_endpoint: 'http://127.0.0.1:1/token' })],
    ['credentials in an endpoint', (url) => ({ token_endpoint: url.replace('http://', 'http://a:b@') })],
    ['no PKCE with S256', () => ({ code_challenge_methods_supported: ['plain'] })],
  ]
  for (const [title, wrong] of documents) {
    it(`a document with ${title} is refused`, async () => {
      const provider = await runningProvider()
      const { url } = provider
      provider.override(() => ({
        status: 200,
        json: { issuer: url, token_endpoint: `${url}/token`, ...wrong(url) },
      }))
      await expect(discoverIssuer(access, { issuer: url, trustedHosts: [] })).rejects.toMatchObject({
        code: 'SERVICE_MISBEHAVED',
      })
    })
  }

  it('another host that was named is taken', async () => {
    const provider = await runningProvider()
    const { url } = provider
    provider.override(() => ({
      status: 200,
      json: { issuer: url, token_endpoint: 'https://token.acme.test/token' },
    }))
    const choice = { issuer: url, trustedHosts: ['token.acme.test'] }
    await expect(discoverIssuer(access, choice)).resolves.toMatchObject({ issuer: url })
  })

  it('a secret that the issuer repeats is not shown', async () => {
    const provider = await runningProvider()
    const issuer = await discoverIssuer(access, { issuer: provider.url, trustedHosts: [] })
    provider.override(({ parameters }) => ({
      status: 401,
      json: { error: 'invalid_client', error_description: `not ${parameters.get('client_secret')}` },
    }))
    const client = { ...access, issuer, clientId: 'robot', clientSecret: 'secret-canary' }
    const error: unknown = await clientCredentialsToken(client).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'NO_IDENTITY', got: 'invalid_client not ***' })
    expect(inspect(error, { depth: 10 })).not.toContain('secret-canary')
  })
})

describe('A-34: an e-mail address that nobody verified', () => {
  for (const verified of ['false', 'true', 1, [], {}, null, undefined, false]) {
    it(`email_verified ${JSON.stringify(verified)} is no identity`, () => {
      const token = virtualSigstore().identityToken({ claims: { email_verified: verified } })
      expect(() => parseIdentityToken(token, new Date())).toThrow(
        expect.objectContaining({ code: 'MALFORMED_TOKEN', got: expect.stringContaining('verified') }),
      )
    })
  }
})

describe('G-01: a service that repeats what it was sent', () => {
  const secret = 'can"ary /+&=secret'
  const repeats: readonly (readonly [string, (sent: string) => string])[] = [
    ['as it came', (sent) => sent],
    ['in JSON', (sent) => JSON.stringify({ message: new URLSearchParams(sent).get('client_secret') })],
    [
      'in an address',
      (sent) => `/?x=${encodeURIComponent(new URLSearchParams(sent).get('client_secret') ?? '')}`,
    ],
    [
      'in base64',
      (sent) => Buffer.from(new URLSearchParams(sent).get('client_secret') ?? '').toString('base64'),
    ],
    ['behind much else', (sent) => `${' '.repeat(20_000)}${sent}`],
  ]
  for (const [title, repeat] of repeats) {
    it(`${title} tells nobody the secret by us`, async () => {
      const server = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => response.writeHead(500).end(repeat(Buffer.concat(chunks).toString())))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      const issuer = { issuer: 'https://id.acme.test', tokenEndpoint: `http://127.0.0.1:${port}/token` }
      const client = { ...access, issuer, clientId: 'robot', clientSecret: secret }
      const error: unknown = await clientCredentialsToken(client).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'SERVICE_REFUSED' })
      const shown = inspect(error)
      expect(shown).not.toContain('ary')
      expect(shown).not.toContain(Buffer.from(secret).toString('base64').slice(0, 8))
    })
  }
})

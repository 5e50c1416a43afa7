import { connect } from 'node:net'
import { inspect } from 'node:util'
import { browserToken, discoverIssuer, parseIdentityToken } from '@assay/core'
import { serviceTransport } from '@assay/registry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { identityProvider, type IdentityProvider } from '../support/identity-provider.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const access = { transport: serviceTransport({}) }

interface Scene {
  readonly sigstore: VirtualSigstore
  readonly provider: IdentityProvider
  /** Signs in with somebody who does this with the page, and gives the claims of the token or the error. */
  readonly signIn: (
    somebody: (page: URL) => Promise<void>,
    patience?: number,
    redirectUrl?: string,
  ) => Promise<unknown>
}

async function scene(): Promise<Scene> {
  const sigstore = virtualSigstore()
  const provider = await identityProvider(sigstore)
  onTestFinished(() => provider[Symbol.asyncDispose]())
  const issuer = await discoverIssuer(access, { issuer: provider.url, trustedHosts: [] })
  return {
    sigstore,
    provider,
    signIn: async (somebody, patience = 10_000, redirectUrl = 'http://localhost:0/auth/callback') => {
      let doing = Promise.resolve()
      const openPage = (page: string): Promise<void> => {
        doing = somebody(new URL(page))
        return Promise.resolve()
      }
      const flow = { ...access, issuer, clientId: 'sigstore', patience, openPage, redirectUrl }
      const result: unknown = await browserToken(flow).then(
        (token) => parseIdentityToken(token, new Date()).subject,
        (error: unknown) => error,
      )
      await doing
      return result
    },
  }
}

/** Where the provider would send the browser, with its code and state. */
async function answerTo(page: URL): Promise<URL> {
  const response = await fetch(page, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '')
}

async function visit(
  url: URL,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly page: string }> {
  const response = await fetch(url, init)
  return { status: response.status, page: await response.text() }
}

function withParameter(url: URL, name: string, value: string | undefined): URL {
  const changed = new URL(url)
  if (value === undefined) changed.searchParams.delete(name)
  else changed.searchParams.set(name, value)
  return changed
}

describe('G-02: signing in with a browser', () => {
  it('sends it back to the name that was registered, which the issuer compares letter by letter', async () => {
    const { signIn } = await scene()
    for (const host of ['localhost', '127.0.0.1']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const subject = await signIn(
        async (page) => {
          const redirect = new URL(page.searchParams.get('redirect_uri') ?? '')
          expect([redirect.hostname, redirect.pathname]).toEqual([host, '/back'])
          await visit(await answerTo(page))
        },
        10_000,
        `http://${host}:0/back`,
      )
      expect(subject).toBe('release@acme.test')
    }
  })

  it('asks with PKCE (S256), a state and a nonce, each fresh, and tells the browser that it worked', async () => {
    const { provider, signIn } = await scene()
    for (const _ of [1, 2]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const subject = await signIn(async (page) => {
        const { status, page: shown } = await visit(await answerTo(page))
        expect([status, shown]).toEqual([200, expect.stringContaining('You are signed in')])
      })
      expect(subject).toBe('release@acme.test')
    }
    const pages = provider.asked
      .filter(({ path }) => path === '/authorize')
      .map(({ parameters }) => parameters)
    expect(pages.map((page) => page.get('code_challenge_method'))).toEqual(['S256', 'S256'])
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(new Set(pages.map((page) => page.get(name)))).toHaveLength(2)
  })

  const strangers: readonly (readonly [string, (right: URL) => URL])[] = [
    ['another state', (right) => withParameter(right, 'state', 'A'.repeat(43))],
    ['no state', (right) => withParameter(right, 'state', undefined)],
    ['an empty state', (right) => withParameter(right, 'state', '')],
    ['the state twice', (right) => new URL(`${right.href}&state=${right.searchParams.get('state')}`)],
    ['the name of another issuer', (right) => withParameter(right, 'iss', 'https://evil.test')],
  ]
  for (const [title, change] of strangers) {
    it(`an answer with ${title} is turned away, and the right one still counts`, async () => {
      const { provider, signIn } = await scene()
      const subject = await signIn(async (page) => {
        const right = await answerTo(page)
        expect(await visit(change(withParameter(right, 'code', 'of-the-attacker')))).toMatchObject({
          status: 400,
          page: expect.stringContaining('not the sign-in that assay waits for'),
        })
        await visit(right)
      })
      expect(subject).toBe('release@acme.test')
      const codes = provider.asked.map(({ parameters }) => parameters.get('code'))
      expect(codes).not.toContain('of-the-attacker')
    })
  }

  it('a second answer with the same state is not used', async () => {
    const { provider, signIn } = await scene()
    await signIn(async (page) => {
      const right = await answerTo(page)
      const both = await Promise.all([visit(right), visit(withParameter(right, 'code', 'second'))])
      expect(both.map(({ status }) => status)).toEqual([200, 410])
    })
    expect(provider.asked.map(({ parameters }) => parameters.get('code'))).not.toContain('second')
  })

  it('a token with another nonce, for another client or of another issuer is refused, and the page says so', async () => {
    const wrong = [
      { nonce: 'of-somebody-else' },
      { nonce: undefined },
      { aud: 'other' },
      { iss: 'https://evil.test' },
    ]
    for (const claims of wrong) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { sigstore, provider, signIn } = await scene()
      let [asked, token] = ['', '']
      provider.override(({ path, parameters }) => {
        if (path === '/authorize') asked = parameters.get('nonce') ?? ''
        if (path !== '/token') return undefined
        const right = { nonce: asked, ...claims }
        token = sigstore.identityToken({ subject: 'release@acme.test', issuer: provider.url, claims: right })
        return { status: 200, json: { id_token: token } }
      })
      // oxlint-disable-next-line no-await-in-loop -- see above
      const error = await signIn(async (page) => {
        expect(await visit(await answerTo(page))).toMatchObject({
          status: 403,
          page: expect.stringContaining('Nothing was signed'),
        })
      })
      expect(error).toMatchObject({ code: 'SERVICE_MISBEHAVED' })
      for (const part of token.split('.')) expect(inspect(error, { depth: 10 })).not.toContain(part)
    }
  })

  it('a code that somebody else started is worth nothing without the verifier', async () => {
    const { provider, signIn } = await scene()
    const stolen = new URL(`${provider.url}/authorize`)
    stolen.search = String(
      new URLSearchParams({
        redirect_uri: 'http://localhost:1/',
        state: 'x',
        code_challenge: 'of-somebody-else',
      }),
    )
    const other = (await answerTo(stolen)).searchParams.get('code') ?? ''
    const error = await signIn(async (page) => {
      await visit(withParameter(await answerTo(page), 'code', other))
    })
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED', got: expect.stringContaining('invalid_grant') })
  })

  it('another host name, method or path gets nothing, and nobody but this machine is listened to', async () => {
    const { signIn } = await scene()
    await signIn(async (page) => {
      const right = await answerTo(page)
      expect(await statusFor(right, 'evil.test')).toContain('404')
      expect((await visit(right, { method: 'POST' })).status).toBe(404)
      expect((await visit(new URL('/other?state=x', right))).status).toBe(404)
      await visit(right)
    })
  })

  it('what the provider says against it ends it, and stays text on the page', async () => {
    const { signIn } = await scene()
    const error = await signIn(async (page) => {
      const back = withParameter(await answerTo(page), 'code', undefined)
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set('error_description', '<script>alert(1)</script>')
      const { status, page: shown } = await visit(back)
      expect(status).toBe(403)
      expect(shown).not.toContain('<script>')
    })
    expect(error).toMatchObject({ code: 'NO_IDENTITY', got: expect.stringContaining('access_denied') })
  })

  it('nobody is waited for without end', async () => {
    const { signIn } = await scene()
    expect(await signIn(() => Promise.resolve(), 50)).toMatchObject({
      code: 'NO_IDENTITY',
      message: 'nobody signed in in time',
    })
  })
})

/** The status line of a request that calls the server by another name, as a page with a moved name would. */
async function statusFor(url: URL, host: string): Promise<string> {
  const socket = connect(Number(url.port), '127.0.0.1')
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${host}:${url.port}\r\nconnection: close\r\n\r\n`,
  )
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString().split('\r\n', 1)[0] ?? ''
}

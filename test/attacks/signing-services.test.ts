import { inspect } from 'node:util'
import {
  ambientToken,
  parseIdentityToken,
  parseTrustRoot,
  signImage,
  type MessageSigner,
  type SigningCode,
} from '@assay/core'
import {
  memoryStore,
  RegistryError,
  streamOf,
  type HttpRequest,
  type HttpResponse,
  type Transport,
} from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { freshKey, signingSetup, signOne, virtualKeylessSigner } from '../support/signing.ts'
import { pushedImage } from '../support/signing-places.ts'
import { hoursAfter } from '../support/sigstore/context.ts'
import type { Lie } from '../support/sigstore/lies.ts'
import type { SigningConfigChoice } from '../support/sigstore/trust-documents.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const now = new Date('2025-03-04T05:06:07Z')

/** Signs, expects a failure, and that nothing is attached. */
async function failureOf(
  sigstore: VirtualSigstore,
  options: Partial<SigningConfigChoice> & { readonly signer?: MessageSigner; readonly timeout?: number } = {},
): Promise<unknown> {
  const store = memoryStore()
  const subject = await pushedImage(store)
  const { signer = virtualKeylessSigner(sigstore), ...choice } = options
  const setup = signingSetup(sigstore, { timeout: 2000, ...choice })
  const result: unknown = await signImage({ store, subject }, { ...setup, signer }).catch(
    (error: unknown) => error,
  )
  expect(await all(store.referrers(subject.digest))).toEqual([])
  return result
}

function isFor(path: string): (request: HttpRequest) => boolean {
  return ({ url }) => url.pathname === path
}

function answer(status: number, body: string): HttpResponse {
  return { status, headers: {}, body: streamOf(Buffer.from(body)) }
}

const services = [
  ['Fulcio', '/api/v2/signingCert', 'v1'],
  ['Rekor', '/api/v1/log/entries', 'v1'],
  ['Rekor', '/api/v2/log/entries', 'v2'],
  ['the timestamp authority', '/api/v1/timestamp', 'v2'],
] as const

describe('a service that fails is named, and nothing is attached', () => {
  for (const [name, path, rekor] of services) {
    const faults: readonly (readonly [string, SigningCode, () => Promise<HttpResponse>])[] = [
      [
        'is down',
        'SERVICE_UNREACHABLE',
        () => Promise.reject(new RegistryError('UNREACHABLE', 'connection refused')),
      ],
      ['never answers', 'SERVICE_TIMED_OUT', () => new Promise(() => {})],
      ['refuses', 'SERVICE_REFUSED', () => Promise.resolve(answer(400, '{"message":"no"}'))],
      ['fails', 'SERVICE_REFUSED', () => Promise.resolve(answer(503, '\u001B[31m oops'))],
      ['answers nonsense', 'SERVICE_MISBEHAVED', () => Promise.resolve(answer(201, '<html>'))],
      ['answers nothing', 'SERVICE_MISBEHAVED', () => Promise.resolve(answer(201, ''))],
      ['answers another object', 'SERVICE_MISBEHAVED', () => Promise.resolve(answer(200, '{"a":{}}'))],
      [
        'answers without end',
        'SERVICE_MISBEHAVED',
        () => Promise.resolve({ ...answer(201, ''), body: endless() }),
      ],
    ]
    for (const [title, code, fault] of faults) {
      it(`${name} at ${path} ${title}`, async () => {
        const sigstore = virtualSigstore({ now })
        sigstore.fail((request) => (isFor(path)(request) ? fault() : Promise.resolve(undefined)))
        const timeout = code === 'SERVICE_TIMED_OUT' ? 50 : 2000
        const signer = virtualKeylessSigner(sigstore, { timeout })
        const error = await failureOf(sigstore, { rekor, timeout, signer })
        // Rekor v1 creates with 201 alone: any other answer is a refusal.
        const expected =
          title === 'answers another object' && path.startsWith('/api/v1/log') ? 'SERVICE_REFUSED' : code
        expect(error).toMatchObject({ code: expected, message: expect.stringContaining(name) })
        expect(String(error)).not.toContain('\u001B')
      })
    }
  }
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield await Promise.resolve(Buffer.alloc(1024 * 1024, 0x20))
}

describe('a service that lies is caught, and nothing is attached', () => {
  const lies: readonly (readonly [Lie, 'v1' | 'v2', SigningCode, string])[] = [
    ['wrong-certificate-key', 'v1', 'SERVICE_MISBEHAVED', 'Fulcio'],
    ['wrong-certificate-subject', 'v1', 'SERVICE_MISBEHAVED', 'Fulcio'],
    ['foreign-authority', 'v1', 'NOT_VERIFIABLE', 'Fulcio'],
    ['no-sct', 'v1', 'NOT_VERIFIABLE', 'Fulcio'],
    ['foreign-sct', 'v1', 'NOT_VERIFIABLE', 'Fulcio'],
    ['wrong-sct', 'v1', 'NOT_VERIFIABLE', 'Fulcio'],
    ['another-entry', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['another-entry', 'v2', 'NOT_VERIFIABLE', 'Rekor'],
    ['another-entry-key', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['another-entry-key', 'v2', 'NOT_VERIFIABLE', 'Rekor'],
    ['wrong-set', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['wrong-tree', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['wrong-tree', 'v2', 'NOT_VERIFIABLE', 'Rekor'],
    ['foreign-checkpoint', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['foreign-checkpoint', 'v2', 'NOT_VERIFIABLE', 'Rekor'],
    ['foreign-log', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
    ['foreign-log', 'v2', 'NOT_VERIFIABLE', 'Rekor'],
    ['foreign-timestamp', 'v1', 'SERVICE_MISBEHAVED', 'the timestamp authority'],
    ['foreign-timestamp-authority', 'v1', 'NOT_VERIFIABLE', 'the timestamp authority'],
    ['late-timestamp', 'v2', 'NOT_VERIFIABLE', 'the timestamp authority'],
    ['late-log', 'v1', 'NOT_VERIFIABLE', 'Rekor'],
  ]
  for (const [lie, rekor, code, name] of lies) {
    it(`${lie} with log ${rekor}`, async () => {
      const sigstore = virtualSigstore({ now })
      sigstore.tell(lie)
      const error = await failureOf(sigstore, { rekor })
      expect(error).toMatchObject({ code, message: expect.stringContaining(name) })
    })
  }

  it('each of several logs has to vouch: one that nobody trusts beside a trusted one is caught', async () => {
    const sigstore = virtualSigstore({ now })
    const store = memoryStore()
    const subject = await pushedImage(store)
    const document: { tlogs: unknown[] } = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
    document.tlogs = document.tlogs.slice(0, 1)
    const trust = parseTrustRoot(Buffer.from(JSON.stringify(document)))
    const setup = { ...signingSetup(sigstore, { rekor: 'both' }), trust }
    const signing = signImage({ store, subject }, { ...setup, signer: virtualKeylessSigner(sigstore) })
    await expect(signing).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      message: expect.stringContaining('Rekor'),
    })
    expect(await all(store.referrers(subject.digest))).toEqual([])
  })

  it('an existing entry that is said to be at another host is looked for in the same log', async () => {
    const sigstore = virtualSigstore({ now })
    const location = `https://evil.test/api/v1/log/entries/${'ab'.repeat(40)}`
    sigstore.fail(async ({ method, url }) => {
      if (method === 'POST' && url.pathname === '/api/v1/log/entries') {
        return { ...answer(409, '{}'), headers: { location } }
      }
      return undefined
    })
    const { signer } = await freshKey()
    await expect(failureOf(sigstore, { signer })).resolves.toMatchObject({ code: 'SERVICE_REFUSED' })
    expect(sigstore.requests.filter((request) => request.includes('evil.test'))).toEqual([])
  })
})

describe('the clock', () => {
  it('of this machine an hour ahead: the token has expired, with both times', () => {
    const sigstore = virtualSigstore({ now })
    expect(() => parseIdentityToken(sigstore.identityToken(), hoursAfter(now, 1))).toThrow(
      expect.objectContaining({
        code: 'TOKEN_EXPIRED',
        expected: expect.stringContaining('2025-03-04T06:06:07'),
        got: expect.stringContaining('2025-03-04T05:16:07'),
      }),
    )
  })

  it('of this machine an hour behind: the times of the services are in the future', async () => {
    const sigstore = virtualSigstore({ now })
    const store = memoryStore()
    const subject = await pushedImage(store)
    const setup = { ...signingSetup(sigstore), now: () => hoursAfter(now, -1) }
    const signing = signImage({ store, subject }, { ...setup, signer: virtualKeylessSigner(sigstore) })
    await expect(signing).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      got: expect.stringContaining('TIME_IN_FUTURE'),
      hint: expect.stringContaining('clock'),
    })
  })
})

/** Refuses, and repeats the credential that it was given. */
const repeating: Transport = ({ headers }) =>
  Promise.resolve({
    status: 403,
    headers: {},
    body: streamOf(Buffer.from(`no access with ${headers['authorization']}`)),
  })

describe('G-01: secrets do not leave', () => {
  it('a service that repeats the token does not get it printed', async () => {
    const sigstore = virtualSigstore({ now })
    const token = sigstore.identityToken()
    sigstore.fail(({ body }) => {
      const echoed = Buffer.from(body instanceof Uint8Array ? body : []).toString()
      return Promise.resolve(answer(401, `bad ${token} ${echoed}`))
    })
    const error = await failureOf(sigstore)
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED' })
    const shown = inspect(error, { depth: 10 })
    for (const part of token.split('.')) expect(shown).not.toContain(part)
  })

  it('an identity provider that repeats its bearer token does not get it printed', async () => {
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ci.test/token',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'opaque canary',
    }
    const error: unknown = await ambientToken('github-actions', { env, transport: repeating }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED', got: expect.stringContaining('***') })
    expect(inspect(error, { depth: 10 })).not.toContain('canary')
  })

  it('a malformed token is not quoted', async () => {
    const canary = 'c2VjcmV0LWNhbmFyeQ'
    for (const token of [
      canary,
      `a.${canary}.c`,
      `${canary}.${Buffer.from('{"iss":1}').toString('base64url')}.c`,
    ]) {
      const reading = Promise.resolve().then(() => parseIdentityToken(token, now))
      const error: unknown = await reading.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'MALFORMED_TOKEN' })
      expect(inspect(error, { depth: 10 })).not.toContain(canary)
    }
  })

  it('neither the bundle nor the manifest nor the result holds the token', async () => {
    const sigstore = virtualSigstore({ now })
    const store = memoryStore()
    const subject = await pushedImage(store)
    const token = sigstore.identityToken()
    const signer = virtualKeylessSigner(sigstore)
    const signed = await signOne({ store, subject }, { ...signingSetup(sigstore), signer })
    const written = await all(store.open(signed.manifest ?? subject))
    const shown = [Buffer.concat(written), Buffer.from(signed.content), inspect(signed, { depth: 20 })].join(
      '',
    )
    for (const part of token.split('.')) expect(shown).not.toContain(part)
  })
})

describe('G-10: one request carries one credential', () => {
  it('the token goes to Fulcio only, in the body, and no Authorization header to anybody', async () => {
    const sigstore = virtualSigstore({ now })
    const token = sigstore.identityToken().split('.')[1] ?? ''
    const carriers: string[] = []
    const authorized: string[] = []
    sigstore.fail(({ url, headers, body }) => {
      if (Buffer.from(body instanceof Uint8Array ? body : []).includes(token)) carriers.push(url.hostname)
      if (Object.keys(headers).includes('authorization')) authorized.push(url.hostname)
      return Promise.resolve(undefined)
    })
    const store = memoryStore()
    const subject = await pushedImage(store)
    await signImage({ store, subject }, { ...signingSetup(sigstore), signer: virtualKeylessSigner(sigstore) })
    expect(carriers).toEqual(['fulcio.sigstore.test'])
    expect(authorized).toEqual([])
  })
})

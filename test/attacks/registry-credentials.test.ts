import {
  anonymous,
  openRepository,
  registryTransport,
  singleCredential,
  type HttpRequest,
  type HttpResponse,
  type RegistryTransportOptions,
} from '@assay/registry'
import { pushArtifact } from '@assay/test-support/artifacts'
import { testRegistry, type TestRegistry } from '@assay/test-support/registry'
import { answer } from '@assay/test-support/registry/answer'
import { when, type Fault } from '@assay/test-support/registry/faults'
import { describe, expect, test } from 'vitest'

// Attacks of group B.3: credentials to foreign hosts, SSRF, downgrade.

const secret = 'canary-secret'
const credential = { kind: 'basic', username: 'me', password: secret } as const
const encoded = Buffer.from(`me:${secret}`).toString('base64')

interface World {
  readonly registry: TestRegistry
  /** Everything that left, to whomever. */
  readonly sent: HttpRequest[]
  readonly fetchTag: () => Promise<unknown>
}

async function world(
  faults: readonly Fault[],
  {
    others,
    ...options
  }: RegistryTransportOptions & { readonly others?: (request: HttpRequest) => HttpResponse } = {},
): Promise<World> {
  const registry = testRegistry()
  const plain = openRepository({ host: registry.host, repository: 'a/b' }, { transport: registry.transport })
  await plain.tag(await pushArtifact(plain), 'v1')
  registry.setFaults(faults)
  const sent: HttpRequest[] = []
  const transport = registryTransport({
    base: async (request) => {
      sent.push(request)
      if (request.url.host === registry.host) return await registry.transport(request)
      return others?.(request) ?? answer(200, { 'content-type': 'application/json' }, '{"token":"t"}')
    },
    keychain: singleCredential(registry.host, credential),
    retry: { pause: 1 },
    ...options,
  })
  const store = openRepository({ host: registry.host, repository: 'a/b' }, { transport })
  return { registry, sent, fetchTag: async () => await store.resolve('v1') }
}

function challenge(header: string): Fault {
  return when(/manifests/, (request) =>
    request.headers['authorization'] === undefined
      ? answer(401, { 'www-authenticate': header })
      : answer(401),
  )
}

function leaked({ sent }: World, registryHost = 'registry.test'): readonly string[] {
  return sent
    .filter((request) => request.url.host !== registryHost)
    .filter(
      (request) =>
        JSON.stringify([request.headers, request.url.href]).includes(encoded) ||
        (request.body instanceof Uint8Array && Buffer.from(request.body).includes(secret)),
    )
    .map((request) => request.url.host)
}

describe('J-10 B-26 B-27 the realm of a challenge gets no credentials if it is', () => {
  test.each([
    ['another domain', 'https://evil.test/token'],
    ['a domain with the registry as prefix', 'https://registry.test.evil.test/token'],
    ['a sibling', 'https://auth.test/token'],
    ['the same host on another port', 'https://registry.test:8443/token'],
    ['http', 'http://registry.test/token'],
    ['a metadata service', 'https://169.254.169.254/token'],
    ['a metadata service with wide dots', 'https://169。254。169。254/token'],
    ['this machine in hexadecimal', 'https://0x7f.1/token'],
    ['this machine mapped into IPv6', 'https://[::ffff:127.0.0.1]/token'],
    ['a file', 'file:///etc/passwd'],
    ['no URL', 'token'],
    ['a URL with a user', 'https://user@registry.test/token'],
    ['a URL with a fragment', 'https://registry.test/token#x'],
    ['a top-level domain', 'https://test/token'],
  ])('%s', async (_name, realm) => {
    const it = await world([challenge(`Bearer realm="${realm}",service="s"`)])
    await expect(it.fetchTag()).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:UNAUTHORIZED|PROTOCOL_ERROR)$/),
    })
    expect(it.sent.map(({ url }) => url.href)).toEqual(['https://registry.test/v2/a/b/manifests/v1'])
  })

  test.each(['https://169.254.169.254/token', 'https://[::1]/token', 'http://auth.test/token'])(
    '%s, also where there are none to be had',
    async (realm) => {
      const it = await world([challenge(`Bearer realm="${realm}"`)], { keychain: anonymous })
      await expect(it.fetchTag()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
      expect(it.sent).toHaveLength(1)
    },
  )

  test('http, also where its host was allowed', async () => {
    const it = await world([challenge('Bearer realm="http://auth.test/token"')], {
      trustedRealms: new Set(['auth.test']),
      allowHttp: new Set(['auth.test']),
    })
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(it.sent).toHaveLength(1)
  })

  test('and it does get them if it was allowed', async () => {
    const it = await world([challenge('Bearer realm="https://auth.test/token"')], {
      trustedRealms: new Set(['auth.test']),
    })
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(leaked(it)).toEqual(['auth.test'])
  })

  test('nor if it changes between two challenges', async () => {
    let count = 0
    const it = await world([
      when(/manifests/, () => {
        count += 1
        return answer(401, {
          'www-authenticate': `Bearer realm="https://${count === 1 ? 'registry' : 'evil'}.test/token"`,
        })
      }),
      when(/token/, () => answer(200, { 'content-type': 'application/json' }, '{"token":"t"}')),
    ])
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(leaked(it)).toEqual([])
  })

  test('nor does a redirect of the token service', async () => {
    const it = await world([
      challenge('Bearer realm="https://registry.test/token"'),
      when(/token/, () => answer(302, { location: 'http://169.254.169.254/latest' })),
    ])
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(it.sent.filter(({ url }) => url.host !== 'registry.test')).toEqual([])
  })
})

function to(location: string): Fault {
  return when(/^GET .*manifests/, () => answer(307, { location }))
}

function basic(request: HttpRequest): HttpResponse | undefined {
  return request.headers['authorization'] === undefined
    ? answer(401, { 'www-authenticate': 'Basic realm="r"' })
    : undefined
}

describe('B-24 B-25 B-29 B-30 redirects', () => {
  test('to another host go without credentials, and its challenge is not answered', async () => {
    const it = await world([(request) => basic(request), to('https://cdn.test/x')], {
      others: () => answer(401, { 'www-authenticate': 'Basic realm="r"' }),
    })
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(it.sent.map(({ url }) => url.host)).toEqual(['registry.test', 'registry.test', 'cdn.test'])
    expect(leaked(it)).toEqual([])
  })

  test.each([
    ['a look-alike sub-domain', 'https://www.registry.test/x'],
    ['another port', 'https://registry.test:8443/x'],
  ])('to %s go without credentials', async (_name, location) => {
    const it = await world([(request) => basic(request), to(location)], { others: () => answer(404) })
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(leaked(it)).toEqual([])
  })

  test('away and back do not bring the credentials back', async () => {
    const it = await world(
      [
        (request) => (request.sentBy === undefined ? basic(request) : undefined),
        when(/v1/, () => answer(307, { location: 'https://cdn.test/x' })),
      ],
      {
        others: () => answer(307, { location: 'https://registry.test/v2/a/b/manifests/other' }),
      },
    )
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(it.sent.at(-1)?.url.pathname).toBe('/v2/a/b/manifests/other')
    expect(it.sent.at(-1)?.headers['authorization']).toBeUndefined()
  })

  test.each([
    ['http', 'http://registry.test/x'],
    ['http on this machine', 'http://127.0.0.1/x'],
    ['a URL with a user', 'https://me:x@registry.test/x'],
    ['a file', 'file:///etc/passwd'],
    ['nowhere', ''],
    ['itself for ever', 'https://registry.test/v2/a/b/manifests/v1'],
  ])('to %s are refused', async (_name, location) => {
    const it = await world([location === '' ? when(/^GET .*manifests/, () => answer(307)) : to(location)])
    await expect(it.fetchTag()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(it.sent.filter(({ url }) => url.protocol !== 'https:')).toEqual([])
    expect(it.sent.length).toBeLessThan(8)
  })
})

describe('a registry that always answers 401', () => {
  test.each([
    'Basic realm="r"',
    'Bearer realm="https://registry.test/token"',
    '',
    'Negotiate',
    'Bearer',
    'Basic,'.repeat(5000),
  ])('is asked a bounded number of times: %.30s', async (header) => {
    const it = await world([
      when(/manifests/, () => answer(401, { 'www-authenticate': header })),
      when(/token/, () => answer(200, { 'content-type': 'application/json' }, '{"token":"t"}')),
    ])
    await expect(it.fetchTag()).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:UNAUTHORIZED|PROTOCOL_ERROR)$/),
    })
    expect(it.sent.length).toBeLessThanOrEqual(3)
  })
})

test('a password that was refused is not offered twice for one request', async () => {
  const it = await world([when(/manifests/, () => answer(401, { 'www-authenticate': 'Basic realm="r"' }))])
  await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  expect(it.sent).toHaveLength(2)
  await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  expect(it.sent).toHaveLength(3)
})

test('nor is a token that was refused, if the service has no other', async () => {
  const it = await world([
    when(/manifests/, () =>
      answer(401, { 'www-authenticate': 'Bearer realm="https://registry.test/token"' }),
    ),
    when(/token/, () => answer(200, { 'content-type': 'application/json' }, '{"token":"t"}')),
  ])
  await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  const asked = (): number => it.sent.filter(({ url }) => url.pathname !== '/token').length
  expect(asked()).toBe(2)
  await expect(it.fetchTag()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  expect(asked()).toBe(3)
})

test('G-01 no message holds the credentials', async () => {
  const it = await world([
    when(/manifests/, () =>
      answer(
        400,
        { 'content-type': 'application/json' },
        JSON.stringify({ errors: [{ code: 'X', message: `password=${secret} Basic ${encoded}` }] }),
      ),
    ),
  ])
  const error = await it.fetchTag().then(
    () => undefined,
    (failure: unknown) => failure,
  )
  const text = JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))
  expect(text).toContain('PROTOCOL_ERROR')
  expect(text).not.toContain(secret)
  expect(text).not.toContain(encoded)
})

import { describe, expect, test } from 'vitest'
import { singleCredential } from '../credentials/credential.ts'
import { readAll } from '../verified-stream.ts'
import { auth } from './auth.ts'
import { limits } from './limits.ts'
import { retry } from './retry.ts'
import { secureOnly } from './secure-only.ts'
import { trace } from './trace.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

const request: HttpRequest = {
  method: 'GET',
  url: new URL('https://registry.test/v2/a/manifests/v1'),
  headers: {},
}

async function* large(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let count = 0; count < 100; count += 1) yield await Promise.resolve(new Uint8Array(1024))
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

function recorder(...statuses: readonly number[]): {
  readonly sent: HttpRequest[]
  readonly transport: Transport
} {
  const sent: HttpRequest[] = []
  const transport: Transport = async (each) => {
    sent.push(each)
    const headers = { 'www-authenticate': 'Basic realm="r"' }
    return await Promise.resolve({ status: statuses[sent.length - 1] ?? 200, headers, body: nothing() })
  }
  return { sent, transport }
}

describe('auth', () => {
  const layer = auth({
    keychain: singleCredential('registry.test', { kind: 'basic', username: 'a', password: 'b' }),
  })

  test('answers nobody on whose word another server sent us', async () => {
    const { sent, transport } = recorder(401)
    const foreign = { ...request, sentBy: new URL('https://evil.test/') }
    expect((await layer(transport)(foreign)).status).toBe(401)
    expect(sent).toHaveLength(1)
  })

  test('gives such a request nothing either that it knows already', async () => {
    const { sent, transport } = recorder(401)
    const send = layer(transport)
    await send(request)
    await send({ ...request, sentBy: new URL('https://evil.test/') })
    expect(sent.map(({ headers }) => headers['authorization'] !== undefined)).toEqual([false, true, false])
  })

  test('does not send a stream twice', async () => {
    const { sent, transport } = recorder(401)
    expect((await layer(transport)({ ...request, method: 'PUT', body: nothing() })).status).toBe(401)
    expect(sent).toHaveLength(1)
  })
})

describe('limits', () => {
  test.each([301, 401, 404, 500])('the body of a %i ends at 64 KiB, whoever reads it', async (status) => {
    const transport = limits(async () => await Promise.resolve({ status, headers: {}, body: large() }))
    const response = await transport(request)
    const read = async (): Promise<unknown> => await readAll(response.body, { limit: 1e9, on: 'test' })
    await expect(read()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('secureOnly', () => {
  test.each([
    'https://me:secret@registry.test/',
    'https://me@registry.test/',
    'http://registry.test/',
    'ftp://registry.test/',
    'http://registry.test:81/',
  ])('refuses %s', async (address) => {
    const { sent, transport } = recorder()
    const send = secureOnly(new Set(['registry.test:80', 'other.test']))(transport)
    await expect(send({ ...request, url: new URL(address) })).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
    })
    expect(sent).toEqual([])
  })

  test('lets pass what was allowed by name', async () => {
    const { sent, transport } = recorder()
    const send = secureOnly(new Set(['registry.test', 'registry.test:81']))(transport)
    await send({ ...request, url: new URL('http://registry.test/') })
    await send({ ...request, url: new URL('http://registry.test:81/') })
    expect(sent).toHaveLength(2)
  })
})

const quick = retry({ pause: 1 })

describe('retry', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'POST'])('repeats a %s', async (method) => {
    const { sent, transport } = recorder(503, 429)
    expect((await quick(transport)({ ...request, method })).status).toBe(200)
    expect(sent).toHaveLength(3)
  })

  test.each([
    ['a PATCH', { method: 'PATCH' }],
    ['a stream', { method: 'PUT', body: nothing() }],
  ])('does not repeat %s', async (_name, change) => {
    const { sent, transport } = recorder(503)
    expect((await quick(transport)({ ...request, ...change })).status).toBe(503)
    expect(sent).toHaveLength(1)
  })

  test.each([400, 401, 403, 404, 409, 501])('does not repeat after a %i', async (status) => {
    const { sent, transport } = recorder(status)
    await quick(transport)(request)
    expect(sent).toHaveLength(1)
  })

  test('a pause ends when nobody waits any more', async () => {
    const { transport } = recorder(503, 503, 503, 503)
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 10)
    const waiting = retry({ pause: 10_000 })(transport)({ ...request, signal: controller.signal })
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('trace', () => {
  test('prints each request without its query, its headers and control characters', async () => {
    const lines: string[] = []
    const { transport } = recorder(200)
    const url = new URL('https://registry.test/v2/a/blobs/x?token=secret#\u001b')
    const answered: HttpResponse = await trace((line) => lines.push(line))(transport)({
      ...request,
      url,
      headers: { authorization: 'Basic c2VjcmV0' },
    })
    expect(answered.status).toBe(200)
    expect(lines.join()).toMatch(/^GET https:\/\/registry\.test\/v2\/a\/blobs\/x 200 \d+ ms$/)
  })
})

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { readAll } from '../verified-stream.ts'
import { limits } from './limits.ts'
import { nodeHttp, type NodeHttp } from './node-http.ts'
import type { Timeouts } from './step-timer.ts'
import { discard, type HttpResponse } from './transport.ts'

const open: (Server | NodeHttp)[] = []
afterEach(() => {
  for (const each of open.splice(0)) {
    if ('closeAllConnections' in each) each.closeAllConnections()
    each.close()
  }
})

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  open.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
}

function client(timeouts: Partial<Timeouts> = {}): NodeHttp {
  const made = nodeHttp({ timeouts })
  open.push(made)
  return made
}

async function get(
  url: URL,
  options: { timeouts?: Partial<Timeouts>; signal?: AbortSignal } = {},
): Promise<string> {
  const { timeouts, ...call } = options
  const response = await client(timeouts).transport({ method: 'GET', url, headers: {}, ...call })
  return Buffer.from(await readAll(response.body, { limit: 1e6, on: 'test' })).toString()
}

describe('J-10 time limits', () => {
  test('a server that does not answer', async () => {
    const url = await serve(() => undefined)
    await expect(get(url, { timeouts: { headers: 50 } })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  test('a body that stops', async () => {
    const url = await serve((_request, response) => response.write('a'))
    await expect(get(url, { timeouts: { idle: 50 } })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  test('a body that drips', async () => {
    const url = await serve((_request, response) => {
      const timer = setInterval(() => response.write('a'), 10)
      response.once('close', () => clearInterval(timer))
    })
    await expect(get(url, { timeouts: { slowWindow: 100, slowBytes: 1024 } })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
  })

  test('a reader that takes its time is not the fault of the server', async () => {
    const url = await serve((_request, response) => response.end('x'.repeat(1_000_000)))
    const { body } = await client({ slowWindow: 2000, slowBytes: 1e9, idle: 2000 }).transport({
      method: 'GET',
      url,
      headers: {},
    })
    let length = 0
    for await (const chunk of body) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 2500))
      length += chunk.byteLength
    }
    expect(length).toBe(1_000_000)
  })
})

describe('cancelling', () => {
  test('before the answer', async () => {
    const url = await serve(() => undefined)
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    await expect(get(url, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('in the body', async () => {
    const url = await serve((_request, response) => response.write('a'))
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 60)
    await expect(get(url, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('by a deadline is TIMED_OUT', async () => {
    const url = await serve(() => undefined)
    await expect(get(url, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })
})

describe('answers that are cut or wrong', () => {
  test('a server that hangs up', async () => {
    const url = await serve((request) => request.socket.destroy())
    await expect(get(url)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('a body that is cut', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('abc', () => request.socket.destroy())
    })
    await expect(get(url)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('headers without end', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('x-long', 'x'.repeat(100_000))
      response.end()
    })
    await expect(get(url)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('two lengths', async () => {
    const url = await serve((request) => {
      request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')
    })
    await expect(get(url)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
  })

  test('nobody there', async () => {
    await expect(get(new URL('http://127.0.0.1:1/'))).rejects.toMatchObject({
      code: 'UNREACHABLE',
      got: 'ECONNREFUSED',
    })
  })
})

test('connections are used again, also after a discarded answer', async () => {
  const ports = new Set<number | undefined>()
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.writeHead(404)
    response.end('not found')
  })
  const { transport } = client()
  const get404 = async (): Promise<HttpResponse> =>
    await limits(transport)({ method: 'GET', url, headers: {} })
  for (let count = 0; count < 5; count += 1) await discard(await get404())
  expect(ports.size).toBe(1)
})

describe('B-37 a request on the word of a server that is not of this machine', () => {
  test.each([
    'http://127.0.0.1:9/',
    'http://[::1]:9/',
    'http://[::ffff:127.0.0.1]:9/',
    'http://169.254.169.254/',
    'http://10.0.0.1/',
    'http://0x7f.1/',
    'http://localhost:9/',
  ])('does not reach %s', async (address) => {
    const { transport } = client()
    const request = {
      method: 'GET',
      url: new URL(address),
      headers: {},
      sentBy: new URL('https://registry.test/'),
    }
    await expect(transport(request)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
  })

  test('but one of this machine may lead to this machine', async () => {
    const url = await serve((_request, response) => response.end('ok'))
    const { transport } = client()
    await discard(await transport({ method: 'GET', url, headers: {} }))
    const other = await serve((_request, response) => response.end('ok'))
    expect((await transport({ method: 'GET', url: other, headers: {}, sentBy: url })).status).toBe(200)
  })
})

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { openRepository, readAll, registryTransport, serviceTransport } from '@assay/registry'
import { expect, test } from 'vitest'

test('J-10 registries are reached through HTTPS_PROXY, unless NO_PROXY names them', async () => {
  const asked: (string | undefined)[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    asked.push(request.url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const transport = registryTransport({
    connection: { proxyEnvironment: { HTTPS_PROXY: url, NO_PROXY: 'direct.invalid' } },
    retry: { attempts: 1 },
  })
  try {
    for (const host of ['registry.invalid', 'direct.invalid']) {
      const store = openRepository({ host, repository: 'a' }, { transport })
      await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'UNREACHABLE' })
    }
    expect(asked).toEqual(['registry.invalid:443'])
  } finally {
    proxy.close()
  }
})

test('B-35 no proxy is told what goes in plain http to this machine or to a metadata server', async () => {
  const told: (string | undefined)[] = []
  const proxy = createServer((request, response) => {
    told.push(request.url)
    response.end()
  })
  const service = createServer((request, response) => response.end(request.headers['x-vault-token']))
  const [proxyPort, port] = [await portOf(proxy), await portOf(service)]
  const proxyUrl = `http://127.0.0.1:${proxyPort}`
  const metadata = 'metadata.invalid'
  const transport = serviceTransport({
    connection: { proxyEnvironment: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } },
    allowHttp: new Set([metadata]),
  })
  try {
    const headers = { 'x-vault-token': 'hvs.canary' }
    for (const name of ['127.0.0.1', 'localhost']) {
      const url = new URL(`http://${name}:${port}/v1/transit`)
      const { body } = await transport({ method: 'GET', url, headers })
      expect(Buffer.from(await readAll(body, { limit: 100, on: name })).toString()).toBe('hvs.canary')
    }
    const url = new URL(`http://${metadata}/token`)
    await expect(transport({ method: 'GET', url, headers })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(told).toEqual([])
  } finally {
    proxy.close()
    service.close()
  }
})

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

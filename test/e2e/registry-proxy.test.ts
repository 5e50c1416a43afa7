import { once } from 'node:events'
import { createServer } from 'node:http'
import { openRepository, registryTransport } from '@assay/registry'
import { expect, test } from 'vitest'

test('registries are reached through HTTPS_PROXY, unless NO_PROXY names them', async () => {
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

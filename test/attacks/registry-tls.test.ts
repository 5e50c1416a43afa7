import { once } from 'node:events'
import { createServer, type Server, type ServerOptions } from 'node:https'
import { openRepository, registryTransport, singleCredential, type ConnectionOptions } from '@assay/registry'
import { testRegistry } from '@assay/test-support/registry'
import { nodeHandler } from '@assay/test-support/registry/node-handler'
import { testCa } from '@assay/test-support/tls'
import { afterEach, describe, expect, test } from 'vitest'

// Attack B-36 and its kin: whom TLS connections are made with.

const ca = testCa()
const foreign = testCa()
const own = ca.issue('DNS:localhost,IP:127.0.0.1')
const client = ca.issue()
const credential = { kind: 'basic', username: 'me', password: 'secret' } as const

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})

async function serve(
  options: ServerOptions & { readonly realm?: string },
): Promise<{ readonly host: string; readonly log: ReturnType<typeof testRegistry>['log'] }> {
  const { realm, ...tls } = options
  const registry = testRegistry(realm === undefined ? {} : { auth: { ...credential, kind: 'bearer', realm } })
  const server = createServer(tls, nodeHandler(registry.transport))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { host: `localhost:${typeof address === 'object' ? address?.port : ''}`, log: registry.log }
}

async function resolve(
  host: string,
  connection: ConnectionOptions = {},
  trustedRealms: readonly string[] = [],
): Promise<unknown> {
  const transport = registryTransport({
    connection,
    keychain: singleCredential(host, credential),
    retry: { attempts: 1 },
    trustedRealms: new Set(trustedRealms),
  })
  return await openRepository({ host, repository: 'a/b' }, { transport, plainHttp: false }).resolve('v1')
}

const tls = { cert: own.certificate, key: own.key }

describe('J-10 a registry with a private CA', () => {
  test('is reached if the CA is given', async () => {
    const { host } = await serve(tls)
    await expect(resolve(host, { ca: [ca.certificate] })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test.each([
    ['without it', {}],
    ['with another one', { ca: [foreign.certificate] }],
  ])('is not reached %s', async (_name, connection) => {
    const { host, log } = await serve(tls)
    await expect(resolve(host, connection)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'the certificate of the server is not trusted',
    })
    expect(log).toEqual([])
  })

  test('is not reached under a name that its certificate does not have', async () => {
    const other = ca.issue('DNS:registry.test')
    const { host } = await serve({ cert: other.certificate, key: other.key })
    await expect(resolve(host, { ca: [ca.certificate] })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      got: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })
})

describe('a registry that asks for a client certificate', () => {
  const demanding = { ...tls, ca: ca.certificate, requestCert: true, rejectUnauthorized: true }

  test('gets it', async () => {
    const { host } = await serve(demanding)
    const connection = { ca: [ca.certificate], clientCertificate: client }
    await expect(resolve(host, connection)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is not reached without', async () => {
    const { host, log } = await serve(demanding)
    await expect(resolve(host, { ca: [ca.certificate] })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(log).toEqual([])
  })
})

test('B-36 a token service with an untrusted certificate gets nothing, although its registry is trusted', async () => {
  const bad = foreign.issue('DNS:localhost')
  const service = await serve({ cert: bad.certificate, key: bad.key })
  const { host } = await serve({ ...tls, realm: `https://${service.host}/token` })
  await expect(resolve(host, { ca: [ca.certificate] }, [service.host])).rejects.toMatchObject({
    code: 'UNREACHABLE',
  })
  expect(service.log).toEqual([])
})

import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { readAll, streamOf, type Transport } from '@assay/registry'
import { testCa } from '../tls.ts'

export interface StandInRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface StandInAnswer {
  readonly status: number
  /** An object is sent as JSON. */
  readonly body: string | Uint8Array | object
  readonly headers?: Readonly<Record<string, string>>
}

/** What a host answers. */
export type StandIn = (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer>
export type Hosts = Readonly<Record<string, StandIn>>

/** A transport that knows these hosts and no others. */
export function standInTransport(hosts: Hosts, seen: StandInRequest[] = []): Transport {
  return async ({ method, url, headers, body }) => {
    const host = hosts[url.host]
    if (host === undefined) throw new Error(`nobody stands in for ${url.host}`)
    const bytes = body === undefined ? new Uint8Array() : body
    const content = bytes instanceof Uint8Array ? bytes : await readAll(bytes, { limit: 1e6, on: 'request' })
    const request = { method, url, headers: { host: url.host, ...headers }, body: Buffer.from(content) }
    seen.push(request)
    const found = await host(request)
    return { status: found.status, headers: found.headers ?? {}, body: streamOf(bytesOf(found.body)) }
  }
}

export function bytesOf(body: StandInAnswer['body']): Uint8Array {
  if (body instanceof Uint8Array) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** The hosts behind a proxy on loopback, with certificates of a CA of their own. */
export interface ServedCloud extends AsyncDisposable {
  /** With these the CLI finds every host; the file is where the caller writes `ca`. */
  readonly env: (caFile: string) => Readonly<Record<string, string>>
  readonly ca: string
  readonly seen: readonly StandInRequest[]
}

/** Serves hosts by their real names: a CONNECT proxy leads all of them to one TLS server. */
export async function serveCloud(hosts: Hosts): Promise<ServedCloud> {
  const ca = testCa()
  const seen: StandInRequest[] = []
  const names = Object.keys(hosts).map((host) => `DNS:${host.split(':')[0]}`)
  const pair = ca.issue(names.join(','))
  const tls = createTls({ cert: pair.certificate, key: pair.key }, (request, response) => {
    void answer(request, response, { hosts, seen })
  })
  const port = await listening(tls)
  const proxy = createHttp()
  proxy.on('connect', (_request, socket) => {
    const upstream = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    for (const end of [socket, upstream]) end.on('error', () => undefined)
    socket.pipe(upstream).pipe(socket)
  })
  const proxyPort = await listening(proxy)
  return {
    ca: ca.certificate,
    seen,
    env: (caFile) => ({ HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`, NODE_EXTRA_CA_CERTS: caFile }),
    [Symbol.asyncDispose]: async () => {
      for (const server of [proxy, tls]) server.closeAllConnections()
      proxy.close()
      tls.close()
    },
  }
}

/** Serves one host over http on loopback, as metadata servers are. */
export async function servePlain(standIn: StandIn): Promise<AsyncDisposable & { readonly url: string }> {
  const seen: StandInRequest[] = []
  const server = createHttp((request, response) => {
    const host = request.headers.host ?? ''
    void answer(request, response, { hosts: { [host]: standIn }, seen })
  })
  const port = await listening(server)
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { hosts, seen }: { readonly hosts: Hosts; readonly seen: StandInRequest[] },
): Promise<void> {
  const host = incoming.headers.host ?? ''
  const body = Buffer.from(await readAll(incoming, { limit: 1e6, on: 'request' }))
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  )
  const request = {
    method: incoming.method ?? '',
    url: new URL(incoming.url ?? '/', `https://${host}`),
    headers,
    body,
  }
  seen.push(request)
  const found = await (hosts[host]?.(request) ?? { status: 502, body: `nobody stands in for ${host}` })
  response.writeHead(found.status, found.headers)
  response.end(bytesOf(found.body))
}

async function listening(server: ReturnType<typeof createHttp>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server that listens on TCP
  return (server.address() as AddressInfo).port
}

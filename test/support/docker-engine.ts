import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** The part of a Docker engine that exports and loads images (Docker Engine API 1.47), with archives of its own. */
export interface DockerEngine extends AsyncDisposable {
  /** What `docker save` would give, by the name that is asked for. */
  readonly images: Map<string, Uint8Array>
  /** What `docker load` was given. */
  readonly loaded: Uint8Array[]
  /** `METHOD path` of each request. */
  readonly log: string[]
  /** For `DOCKER_HOST`. */
  readonly host: string
  /** What a load says; by default that it worked. */
  loadAnswer: string
}

interface EngineOptions {
  /** The socket's path; without one it listens on loopback. */
  readonly socket?: string
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string }
}

export async function dockerEngine({ socket, tls }: EngineOptions): Promise<DockerEngine> {
  const images = new Map<string, Uint8Array>()
  const loaded: Uint8Array[] = []
  const log: string[] = []
  const state = { loadAnswer: '{"stream":"Loaded image"}\r\n' }
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request
    log.push(`${method} ${url}`)
    if (url === '/_ping') {
      response.writeHead(200, {
        'api-version': '1.47',
        'docker-experimental': 'false',
        'content-length': '2',
      })
      response.end('OK')
    } else if (method === 'POST' && url.startsWith('/v1.47/images/load')) {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk)
      loaded.push(Buffer.concat(chunks))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(state.loadAnswer)
    } else await answerImage(images, url, response)
  }
  const server: Server =
    tls === undefined
      ? createServer(handler)
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, handler)
  if (socket === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socket)
  await once(server, 'listening')
  return {
    images,
    loaded,
    log,
    host: socket === undefined ? `tcp://localhost:${portOf(server)}` : `unix://${socket}`,
    get loadAnswer() {
      return state.loadAnswer
    },
    set loadAnswer(text) {
      state.loadAnswer = text
    },
    async [Symbol.asyncDispose]() {
      server.close()
      if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
        server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the engine has no port')
  return address.port
}

async function answerImage(
  images: ReadonlyMap<string, Uint8Array>,
  url: string,
  response: ServerResponse,
): Promise<void> {
  const [, name = '', what] = /^\/v1\.47\/images\/(.+)\/(json|get)$/.exec(url) ?? []
  const archive = images.get(decodeURIComponent(name))
  if (archive === undefined || what === 'json') {
    response.writeHead(archive === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(archive === undefined ? { message: `No such image: ${name}` } : { RepoTags: [name] }),
    )
    return
  }
  // Without a length, as the engine streams it.
  response.writeHead(200, { 'content-type': 'application/x-tar' })
  for (let at = 0; at < archive.byteLength; at += 60_000) {
    if (!response.write(archive.subarray(at, at + 60_000))) await once(response, 'drain')
  }
  response.end()
}

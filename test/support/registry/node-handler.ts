import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { HttpRequest, HttpResponse } from '@assay/registry'

/** A transport as a handler for `node:http`: the same code answers with and without a socket. */
export function nodeHandler(
  transport: (request: HttpRequest) => Promise<HttpResponse>,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    void respond(transport, incoming, outgoing).catch((error: unknown) => {
      // A fault that breaks off is meant to be seen as a cut connection.
      outgoing.destroy(error instanceof Error ? error : undefined)
    })
  }
}

async function respond(
  transport: (request: HttpRequest) => Promise<HttpResponse>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? '127.0.0.1'}`)
  const response = await transport({ method: incoming.method ?? 'GET', url, headers, body: incoming })
  outgoing.writeHead(response.status, { ...response.headers })
  if (incoming.method === 'HEAD') outgoing.end()
  else await pipeline(Readable.from(response.body, { objectMode: false }), outgoing)
  // What a rejected upload still sends is thrown away, so that the connection stays usable.
  incoming.resume()
}

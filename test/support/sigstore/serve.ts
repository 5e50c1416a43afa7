import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Transport } from '@assay/registry'
import { signingConfigOf, type SigningConfigChoice } from './trust-documents.ts'

/** A virtual Sigstore behind a port of the loopback interface. */
export interface ServedSigstore {
  /** One base for all services, `http://127.0.0.1:PORT`. */
  readonly url: string
  /** The SigningConfig document with this base. */
  readonly signingConfig: (choice?: Partial<SigningConfigChoice>) => Uint8Array
  readonly close: () => Promise<void>
}

export async function serveSigstore(transport: Transport): Promise<ServedSigstore> {
  const server = createServer((message, response) => {
    answer(transport, message, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error('the service failed'))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    signingConfig: (choice = {}) => signingConfigOf({ rekor: 'v1', timestamps: true, base: url, ...choice }),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

async function answer(
  transport: Transport,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = await transport({
    method: message.method ?? 'GET',
    url: new URL(message.url ?? '/', `http://${message.headers.host ?? '127.0.0.1'}`),
    headers: singleHeaders(message),
    body: message,
  })
  response.writeHead(reply.status, reply.headers)
  for await (const chunk of reply.body) response.write(chunk)
  response.end()
}

function singleHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

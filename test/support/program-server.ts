import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { KeyPair } from './tls.ts'

/** A server on loopback that gives out programs of policies, and remembers what it was asked for. */
export interface ProgramServer extends AsyncDisposable {
  readonly origin: string
  /** The paths of the requests, in their order. */
  readonly asked: readonly string[]
}

/** With `tls`, it speaks https as `localhost`. */
export async function programServer(answer: RequestListener, tls?: KeyPair): Promise<ProgramServer> {
  const asked: string[] = []
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  }
  const server =
    tls === undefined
      ? createServer(listener)
      : createSecureServer({ cert: tls.certificate, key: tls.key }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : ''
  return {
    origin: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

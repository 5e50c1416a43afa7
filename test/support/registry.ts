import { once } from 'node:events'
import { createServer } from 'node:http'
import type { HttpRequest, HttpResponse, Transport } from '@assay/registry'
import { applyFault, type Fault } from './registry/faults.ts'
import { challengeOrPass, type RegistryAuth } from './registry/auth.ts'
import { answerV2 } from './registry/distribution.ts'
import { nodeHandler } from './registry/node-handler.ts'
import type { Repositories } from './registry/stored.ts'

export interface TestRegistryOptions {
  /** The name that references use; `serve` adds another. */
  readonly host?: string
  /** Whether the referrers API is there; without it only the fallback tag is left. */
  readonly referrersApi?: boolean
  readonly auth?: RegistryAuth
  /** How many entries a page of tags or referrers has. */
  readonly pageSize?: number
  /** Each is asked in order; the first that answers wins. */
  readonly faults?: readonly Fault[]
}

/** A request that came, with its path and query and whether it carried credentials. */
export interface LoggedRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly authorization: string | undefined
  readonly status: number
}

export interface TestRegistry {
  readonly host: string
  /** The registry as a transport: no socket, no port. Knows requests for its own host (and token service) only. */
  readonly transport: Transport
  /** Every request that was answered, in order: its length is the number of round trips. */
  readonly log: readonly LoggedRequest[]
  /** The stored repositories, to look at and to tamper with. */
  readonly repositories: Repositories
  /** Faults from now on. */
  setFaults(faults: readonly Fault[]): void
  /** The same registry over HTTP on a free port of the loopback address. */
  serve(): Promise<{ readonly host: string; close(): Promise<void> }>
}

/**
 * An OCI registry in memory (distribution-spec 1.1): manifests, blobs with monolithic and chunked upload, mount,
 * ranges, tags and referrers with paging, deletion; Basic and Bearer authentication; faults on demand.
 */
export function testRegistry(options: TestRegistryOptions = {}): TestRegistry {
  const host = options.host ?? 'registry.test'
  const repositories: Repositories = new Map()
  const log: LoggedRequest[] = []
  let faults = options.faults ?? []

  const answer = async (request: HttpRequest): Promise<HttpResponse> => {
    const honest = async (): Promise<HttpResponse> => {
      const challenge = challengeOrPass(request, options.auth)
      if (challenge !== undefined) return challenge
      return await answerV2(request, {
        repositories,
        referrersApi: options.referrersApi ?? true,
        pageSize: options.pageSize ?? 1000,
      })
    }
    const response = await applyFault(faults, request, honest)
    log.push({
      method: request.method,
      host: request.url.host,
      path: `${request.url.pathname}${request.url.search}`,
      authorization: request.headers['authorization'],
      status: response.status,
    })
    return response
  }

  return {
    host,
    transport: answer,
    log,
    repositories,
    setFaults(next) {
      faults = next
    },
    async serve() {
      const server = createServer(nodeHandler(answer))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('the server has no port')
      return {
        host: `127.0.0.1:${address.port}`,
        async close() {
          server.closeAllConnections()
          server.close()
          await once(server, 'close')
        },
      }
    },
  }
}

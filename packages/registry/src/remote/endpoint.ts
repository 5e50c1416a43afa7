import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { isHost, isRepository } from '../reference.ts'
import { isLoopbackHost } from '../transport/host.ts'
import type { HttpRequest, HttpResponse, Transport } from '../transport/transport.ts'

/** One repository of one registry, and the transport that reaches it. */
export interface Endpoint {
  /** As in references: `docker.io` for Docker Hub. */
  readonly host: string
  readonly repository: string
  /** Scheme, host and port that are really spoken to. */
  readonly origin: URL
  readonly transport: Transport
}

/**
 * Where a repository is: https, or http on this machine and where `plainHttp` says so.
 * @throws RegistryError INVALID_REFERENCE
 */
export function endpointOf(
  place: { readonly host: string; readonly repository: string },
  options: { readonly transport: Transport; readonly plainHttp?: boolean },
): Endpoint {
  const { host, repository } = place
  if (!isHost(host))
    throw new RegistryError('INVALID_REFERENCE', 'the registry host is malformed', { on: host })
  if (!isRepository(repository))
    throw new RegistryError('INVALID_REFERENCE', 'the repository name is malformed', { on: repository })
  return { host, repository, origin: originOf(host, options.plainHttp), transport: options.transport }
}

/** The scheme, host and port by which a registry is reached. */
export function originOf(host: string, plainHttp: boolean | undefined): URL {
  const name = host === 'docker.io' ? 'registry-1.docker.io' : host
  const plain = plainHttp ?? isLoopbackHost(new URL(`http://${name}`).hostname)
  return new URL(`${plain ? 'http' : 'https'}://${name}`)
}

/** The address of something in the repository: `manifests/v1`. Parts come from checked values only. */
export function urlOf(endpoint: Endpoint, path: string): URL {
  return new URL(`/v2/${endpoint.repository}/${path}`, endpoint.origin)
}

/**
 * An address that the registry names (`Location`, `Link`): only one of the registry itself, so that neither
 * credentials nor content go elsewhere (attacks B-31, B-32).
 * @throws RegistryError PROTOCOL_ERROR
 */
export function ownUrl(endpoint: Endpoint, text: string, base: URL): URL {
  const url = text.length > 8192 ? null : URL.parse(text, base.href)
  if (url !== null && url.origin === endpoint.origin.origin && url.username === '' && url.password === '')
    return url
  throw new RegistryError('PROTOCOL_ERROR', 'the registry sends us to another server', {
    on: endpoint.origin.host,
    got: url?.host ?? 'something that is not a URL',
  })
}

/** Sends one request of the distribution API. */
export async function send(
  endpoint: Endpoint,
  request: Omit<HttpRequest, 'headers' | 'signal'> & { readonly headers?: HttpRequest['headers'] },
  call?: Call,
): Promise<HttpResponse> {
  return await endpoint.transport({
    ...request,
    headers: { 'user-agent': 'assay', ...request.headers },
    ...(call?.signal !== undefined && { signal: call.signal }),
  })
}

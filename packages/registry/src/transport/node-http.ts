import type { LookupAddress } from 'node:dns'
import { lookup as resolveName } from 'node:dns'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { getCACertificates } from 'node:tls'
import { abortError } from '../aborted.ts'
import { RegistryError } from '../errors.ts'
import { freeAlone } from '../owned-chunks.ts'
import { addressReach, isLoopbackHost, type AddressReach } from './host.ts'
import { connectionError } from './connection-error.ts'
import { responseBody } from './response-body.ts'
import { defaultTimeouts, stepTimer, type Timeouts } from './step-timer.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

/** How connections are made; what is left out has Node's meaning. */
export interface ConnectionOptions {
  /** PEM certificates trusted besides the system's. */
  readonly ca?: readonly string[]
  /** Client certificate and key, both PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string }
  /** The name that servers have to prove, where it is not that of their URL. */
  readonly serverName?: string
  /** Proxy variables (`HTTPS_PROXY`, `NO_PROXY`, …); none means no proxy. */
  readonly proxyEnvironment?: Readonly<Record<string, string | undefined>>
  /** Hosts (`name[:port]`) that no proxy stands before, besides this machine: what is said to them in plain http is theirs. */
  readonly withoutProxy?: ReadonlySet<string>
  readonly maxSockets?: number
  /** A socket in the file system that takes the place of host and port. */
  readonly socketPath?: string
  readonly timeouts?: Partial<Timeouts>
}

/** A transport with the connections that it keeps; `close` ends them. */
export interface NodeHttp {
  readonly transport: Transport
  close(): void
}

const maxHeaderSize = 64 * 1024

/** HTTP/1.1 over Node's own client, with connections that are kept alive and a time limit for each step. */
export function nodeHttp(options: ConnectionOptions = {}): NodeHttp {
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  const agents = agentsOf(options)
  const { proxyEnvironment, ...withoutProxy } = options
  const direct = proxyEnvironment === undefined ? agents : agentsOf(withoutProxy)
  const reaches = new Map<string, AddressReach>()

  const transport: Transport = async (request) => {
    if (request.signal?.aborted === true) throw abortError(request.signal)
    const secure = request.url.protocol === 'https:'
    // Requests to this machine carry secrets in plain http because they do not leave it: a proxy would be told them.
    const isDirect =
      isLoopbackHost(request.url.hostname) || options.withoutProxy?.has(request.url.host) === true
    const { http, https } = isDirect ? direct : agents
    const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
      method: request.method,
      headers: { ...request.headers },
      agent: secure ? https : http,
      maxHeaderSize,
      ...(options.socketPath !== undefined && { socketPath: options.socketPath }),
      ...(options.serverName !== undefined && { servername: options.serverName }),
      ...guardOf(request, reaches),
    })
    return await exchange(outgoing, request, { timeouts, reaches })
  }
  return {
    transport,
    close() {
      for (const agent of [agents.http, agents.https, direct.http, direct.https]) agent.destroy()
    },
  }
}

interface Exchange {
  readonly timeouts: Timeouts
  readonly reaches: Map<string, AddressReach>
}

async function exchange(
  outgoing: ClientRequest,
  request: HttpRequest,
  { timeouts, reaches }: Exchange,
): Promise<HttpResponse> {
  const onAbort = (): void => {
    if (request.signal !== undefined) outgoing.destroy(abortError(request.signal))
  }
  request.signal?.addEventListener('abort', onAbort, { once: true })
  const done = (): void => request.signal?.removeEventListener('abort', onAbort)
  const timer = stepTimer(outgoing, request.url, timeouts)
  try {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      // Stays on: errors after the response reach the reader through the body.
      outgoing.on('error', reject)
      outgoing.once('socket', (socket) => {
        const note = (): void => {
          if (socket.remoteAddress !== undefined)
            reaches.set(request.url.host, addressReach(socket.remoteAddress))
        }
        if (!socket.connecting) note()
        else socket.once('connect', note)
        // After Node's own listener: its parser has copied what is of the body.
        socket.on('data', freeAlone)
        outgoing.once('close', () => socket.off('data', freeAlone))
      })
      send(outgoing, request.body)
    })
    timer.stop()
    return {
      status: incoming.statusCode ?? 0,
      headers: headersOf(incoming),
      body: responseBody(incoming, { url: request.url, timeouts, signal: request.signal, done }),
    }
  } catch (error) {
    timer.stop()
    done()
    throw connectionError(error, request.url)
  }
}

function send(outgoing: ClientRequest, body: HttpRequest['body']): void {
  if (body === undefined) outgoing.end()
  else if (body instanceof Uint8Array) outgoing.end(body)
  else {
    const source = Readable.from(body, { objectMode: false })
    source.once('error', (error) => outgoing.destroy(error))
    // An answer before the end of the body, or a cut, ends the reading of the source too.
    outgoing.once('close', () => source.destroy())
    source.pipe(outgoing)
  }
}

function agentsOf(options: ConnectionOptions): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  const shared = {
    keepAlive: true,
    maxSockets: options.maxSockets ?? 16,
    ...(options.proxyEnvironment !== undefined && { proxyEnv: proxyVariables(options.proxyEnvironment) }),
  }
  return {
    http: new HttpAgent(shared),
    https: new HttpsAgent({
      ...shared,
      // Node's own meaning of `ca` is "instead of the system's".
      ...(options.ca !== undefined && { ca: [...getCACertificates('default'), ...options.ca] }),
      ...(options.clientCertificate !== undefined && {
        cert: options.clientCertificate.certificate,
        key: options.clientCertificate.key,
      }),
    }),
  }
}

const proxyNames: readonly string[] = ['http_proxy', 'https_proxy', 'no_proxy']

/** Agents keep what they are given for as long as they live: the rest of an environment holds secrets. */
function proxyVariables(env: NonNullable<ConnectionOptions['proxyEnvironment']>): typeof env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => proxyNames.includes(name.toLowerCase())))
}

/** For a request on another server's word: a look at the very address that is connected to (attack B-37). */
function guardOf(
  request: HttpRequest,
  reaches: ReadonlyMap<string, AddressReach>,
): Pick<RequestOptions, 'lookup'> {
  const { sentBy, url } = request
  if (sentBy === undefined) return {}
  const from = reaches.get(sentBy.host) ?? 'public'
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !mayReach(from, addressReach(literal))) throw tooNear(request)
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) callback(error, '', 0)
      else if (addresses.some(({ address }) => !mayReach(from, addressReach(address))))
        callback(tooNear(request), '', 0)
      else if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0)
    })
  }
  return { lookup }
}

function mayReach(from: AddressReach, to: AddressReach): boolean {
  const order: readonly AddressReach[] = ['public', 'private', 'link', 'loopback']
  if (to === 'link') return from === 'loopback'
  return order.indexOf(to) <= order.indexOf(from)
}

function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function tooNear(request: HttpRequest): RegistryError {
  return new RegistryError(
    'PROTOCOL_ERROR',
    'a server sent us to an address inside of this machine or network',
    {
      on: request.url.host,
      got: `on the word of ${request.sentBy?.host ?? ''}`,
    },
  )
}

import { readAll, streamOf, type HttpRequest, type HttpResponse, type Transport } from '@assay/registry'
import { refusal, type Answer } from './answer.ts'
import { hosts, type Context } from './context.ts'
import { createFulcio, type Fulcio } from './fulcio.ts'
import { issueToken } from './identity-token.ts'
import type { CertifiedIdentity } from './certificate-authority.ts'
import type { Lie } from './lies.ts'
import { createRekorV1, type RekorV1 } from './rekor-v1.ts'
import { createRekorV2, type RekorV2 } from './rekor-v2.ts'
import { serveSigstore, type ServedSigstore } from './serve.ts'
import { createTimestampAuthority, type TimestampAuthority } from './timestamp-authority.ts'
import { signingConfigOf, trustedRootOf, type SigningConfigChoice } from './trust-documents.ts'

export interface VirtualSigstoreOptions {
  /** The time at which everything is signed; the wall clock unless given. */
  readonly now?: Date | (() => Date)
}

/** Rewrites or replaces an answer: how tests make a service slow, broken or gone. */
export type Fault = (request: HttpRequest) => Promise<HttpResponse | undefined>

export interface TokenOptions extends Partial<CertifiedIdentity> {
  readonly audience?: string
  /** Seconds of validity from now, 600 unless given; a negative number makes an expired token. */
  readonly lifetime?: number
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A whole Sigstore in this process: Fulcio with its certificate log, Rekor v1 and v2, a timestamp authority. */
export interface VirtualSigstore {
  /** Answers the requests of clients; nothing leaves the process. */
  readonly transport: Transport
  /** The TrustedRoot document, JSON. */
  readonly trustedRoot: Uint8Array
  /** The SigningConfig document, JSON: Rekor v1 and timestamps unless chosen otherwise. */
  readonly signingConfig: (choice?: Partial<SigningConfigChoice>) => Uint8Array
  /** A token that Fulcio accepts. */
  readonly identityToken: (options?: TokenOptions) => string
  /** From now on these lies are told, and no others. */
  readonly tell: (...lies: readonly Lie[]) => void
  /** Asked before each answer; undefined lets the service answer. */
  readonly fail: (fault: Fault | undefined) => void
  /** Every request so far, as `METHOD URL`. */
  readonly requests: readonly string[]
  readonly services: {
    readonly fulcio: Fulcio
    readonly rekorV1: RekorV1
    readonly rekorV2: RekorV2
    readonly tsa: TimestampAuthority
  }
  readonly now: () => Date
  /** The same services over plain http on a free port of the loopback interface. */
  readonly serve: () => Promise<ServedSigstore>
}

const largestRequest = 128 * 1024 * 1024

export function virtualSigstore(options: VirtualSigstoreOptions = {}): VirtualSigstore {
  const { now: time = () => new Date() } = options
  const now = typeof time === 'function' ? time : () => time
  const told = new Set<Lie>()
  const requests: string[] = []
  let fault: Fault | undefined
  const context: Context = { now, lies: (lie) => told.has(lie) }
  const services = {
    fulcio: createFulcio(context),
    rekorV1: createRekorV1(context),
    rekorV2: createRekorV2(context),
    tsa: createTimestampAuthority(context),
  }

  const transport: Transport = async (request) => {
    requests.push(`${request.method} ${request.url.href}`)
    const failed = await fault?.(request)
    if (failed !== undefined) return failed
    const answer = route(request, await bodyOf(request))
    return { status: answer.status, headers: answer.headers, body: streamOf(answer.body) }
  }

  function route(request: HttpRequest, body: Uint8Array): Answer {
    const path = request.url.pathname
    if (request.method === 'GET') return found(request.url)
    if (request.method !== 'POST') return refusal(404, 'no such resource')
    switch (path) {
      case '/api/v2/signingCert':
        return services.fulcio.signingCertificate({ body, ...authorizationOf(request) })
      case '/api/v1/signingCert':
        return services.fulcio.signingCertificateV1({ body, ...authorizationOf(request) })
      case '/api/v1/log/entries':
        return services.rekorV1.create(body)
      case '/api/v1/log/entries/retrieve':
        return services.rekorV1.retrieve(body)
      case '/api/v2/log/entries':
        return services.rekorV2.create(body)
      case '/api/v1/timestamp':
        return services.tsa.reply(body)
      default:
        return refusal(404, 'no such resource')
    }
  }

  function found({ pathname, searchParams }: URL): Answer {
    const id = /^\/api\/v1\/log\/entries\/([0-9a-f]+)$/.exec(pathname)?.[1]
    if (id !== undefined) return services.rekorV1.find(id)
    const published = /^\/api\/v2\/(checkpoint|tile\/.*)$/.exec(pathname)?.[1]
    if (published !== undefined) return services.rekorV2.published(published)
    const index = searchParams.get('logIndex')
    return index === null || pathname !== '/api/v1/log/entries'
      ? refusal(404, 'no such resource')
      : services.rekorV1.at(index)
  }

  return {
    transport,
    trustedRoot: trustedRootOf(services),
    signingConfig: (choice = {}) => signingConfigOf({ rekor: 'v1', timestamps: true, ...choice }),
    identityToken: (token = {}) => tokenOf(services.fulcio, token, now()),
    tell: (...lies) => {
      told.clear()
      for (const lie of lies) told.add(lie)
    },
    fail: (next) => {
      fault = next
    },
    requests,
    services,
    now,
    serve: () => serveSigstore(transport),
  }
}

function tokenOf(fulcio: Fulcio, options: TokenOptions, now: Date): string {
  const { lifetime = 600, subject = 'release@sigstore.test', issuer = hosts.issuer } = options
  const expiresAt = new Date(now.getTime() + lifetime * 1000)
  const issuedAt = new Date(Math.min(now.getTime(), expiresAt.getTime()) - 1000)
  return issueToken(fulcio.provider, { ...options, subject, issuer, issuedAt, expiresAt })
}

function authorizationOf({ headers }: HttpRequest): { readonly authorization?: string } {
  const { authorization } = headers
  return authorization === undefined ? {} : { authorization }
}

async function bodyOf(request: HttpRequest): Promise<Uint8Array> {
  if (request.body === undefined) return new Uint8Array()
  if (request.body instanceof Uint8Array) return request.body
  return readAll(request.body, { limit: largestRequest, on: request.url.href })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, checkAborted } from '../aborted.ts'
import { RegistryError } from '../errors.ts'
import {
  discard,
  type HttpRequest,
  type HttpResponse,
  type Transport,
  type TransportLayer,
} from './transport.ts'

export interface RetryOptions {
  /** How often a request is tried in all. */
  readonly attempts?: number
  /** The first pause in milliseconds; each further one is twice as long, with jitter. */
  readonly pause?: number
  /** The longest pause that a server may ask for, in milliseconds; if it asks for more, its answer stands. */
  readonly maxPause?: number
}

const retriable: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])
// A POST opens an upload; an opened upload that nobody uses is forgotten by the registry. PATCH is not here: it moves an offset.
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'POST'])

/**
 * Repeats what can be repeated without harm after a cut connection, 429 and 5xx, a bounded number of times. Honours
 * `Retry-After`. A request whose body is a stream is tried once.
 */
export function retry(options: RetryOptions = {}): TransportLayer {
  const attempts = options.attempts ?? 4
  const pause = options.pause ?? 250
  const maxPause = options.maxPause ?? 30_000
  return (next) => async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attempts || !canRepeat(request)
      const outcome = await attemptOnce(next, request)
      const backoff = pause * 2 ** (attempt - 1) * (0.5 + Math.random())
      const wait = outcome.kind === 'answer' ? waitFor(outcome.response, backoff) : backoff
      if (isLast || wait > maxPause || !shouldRepeat(outcome)) return finish(outcome)
      if (outcome.kind === 'answer') await discard(outcome.response)
      await sleepOrAbort(wait, request.signal)
      checkAborted(request)
    }
  }
}

type Outcome =
  | { readonly kind: 'answer'; readonly response: HttpResponse }
  | { readonly kind: 'failure'; readonly error: RegistryError }

async function attemptOnce(next: Transport, request: HttpRequest): Promise<Outcome> {
  try {
    return { kind: 'answer', response: await next(request) }
  } catch (error) {
    if (error instanceof RegistryError) return { kind: 'failure', error }
    throw error
  }
}

function shouldRepeat(outcome: Outcome): boolean {
  if (outcome.kind === 'answer') return retriable.has(outcome.response.status)
  if (outcome.error.code !== 'UNREACHABLE') return false
  // A name that does not exist and a certificate that is not trusted stay so.
  return !/ENOTFOUND|CERT|UNABLE_TO|SELF_SIGNED|ALTNAME/.test(outcome.error.got ?? '')
}

function finish(outcome: Outcome): HttpResponse {
  if (outcome.kind === 'failure') throw outcome.error
  return outcome.response
}

function canRepeat(request: HttpRequest): boolean {
  return repeatable.has(request.method) && (request.body === undefined || request.body instanceof Uint8Array)
}

// RFC 9110 §10.2.3: seconds or a date.
function waitFor(response: HttpResponse, backoff: number): number {
  const text = response.headers['retry-after']
  if (text === undefined) return backoff
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? backoff : Math.max(date - Date.now(), 0)
}

async function sleepOrAbort(wait: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(wait, undefined, { ...(signal !== undefined && { signal }) })
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : error
  }
}

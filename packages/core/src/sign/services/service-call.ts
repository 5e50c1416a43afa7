import {
  readAll,
  redact,
  RegistryError,
  type Call,
  type RegistryErrorCode,
  type Transport,
} from '@assay/registry'
import { SigningError } from '../signing-error.ts'
import { withoutSecrets } from './without-secrets.ts'

/** Whoever keeps keys, or hands out what opens them. */
export type KeyServiceName =
  | 'AWS KMS'
  | 'AWS STS'
  | 'the credential service of AWS'
  | 'Google Cloud KMS'
  | 'the token service of Google Cloud'
  | 'Azure Key Vault'
  | 'the token service of Azure'
  | 'Vault'
  | 'Kubernetes'
  | 'GitLab'
  | 'the server of the public key'

/** A service: what it is called in messages, and where its API begins. */
export interface Service {
  readonly name: 'Fulcio' | 'Rekor' | 'the timestamp authority' | 'the identity provider' | KeyServiceName
  readonly url: string
}

/** How services are reached. */
export interface ServiceAccess {
  readonly transport: Transport
  /** Milliseconds for one request with its answer; 30 seconds unless given. Rekor v2 needs 20 and more. */
  readonly timeout?: number
}

export interface ServiceRequest {
  readonly service: Service
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Appended to the service's URL, which may have a path of its own. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** The statuses that the caller understands; every other one is a refusal. */
  readonly accept: readonly number[]
  /** Never shown, even where the service repeats it. */
  readonly secrets?: readonly string[]
}

export interface ServiceAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const defaultTimeout = 30_000
/** No answer of a service is nearly as long; more is not read. */
const maxAnswerSize = 8 * 1024 * 1024
const maxQuoted = 300

/**
 * One request to a service, in its time limit, with a bounded answer.
 * @throws SigningError SERVICE_UNREACHABLE, SERVICE_TIMED_OUT, SERVICE_REFUSED, SERVICE_MISBEHAVED
 * @throws RegistryError ABORTED when the caller gave up
 */
export async function callService(
  access: ServiceAccess,
  request: ServiceRequest,
  call: Call = {},
): Promise<ServiceAnswer> {
  const deadline = AbortSignal.timeout(access.timeout ?? defaultTimeout)
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal])
  try {
    const answer = await Promise.race([exchange(access.transport, request, signal), whenAborted(signal)])
    if (request.accept.includes(answer.status)) return answer
    throw refused(request, answer)
  } catch (error) {
    if (call.signal?.aborted !== true && deadline.aborted) throw timedOut(access, request, error)
    if (error instanceof RegistryError) throw translated(request, error)
    throw error
  }
}

async function exchange(
  transport: Transport,
  request: ServiceRequest,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  const url = new URL(`${request.service.url.replace(/\/+$/, '')}${request.path}`)
  const { method, headers, body } = request
  const response = await transport({ method, url, headers, signal, ...(body !== undefined && { body }) })
  const content = await readAll(response.body, { limit: maxAnswerSize, on: url.origin })
  return { status: response.status, headers: response.headers, body: content }
}

/** A transport that does not listen to its signal must not hold us up. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new RegistryError('ABORTED', 'the operation was cancelled'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
}

function refused(request: ServiceRequest, answer: ServiceAnswer): SigningError {
  const { service } = request
  // Whole, so that no secret is cut in two and left.
  const said = withoutSecrets(Buffer.from(answer.body).toString(), request.secrets ?? [])
  return new SigningError('SERVICE_REFUSED', `${service.name} refused`, {
    on: service.url,
    expected: `status ${request.accept.join(' or ')}`,
    got: `status ${answer.status}: ${redact(said.trim()).slice(0, maxQuoted)}`,
  })
}

function timedOut(access: ServiceAccess, { service }: ServiceRequest, cause: unknown): SigningError {
  return new SigningError('SERVICE_TIMED_OUT', `${service.name} did not answer in time`, {
    on: service.url,
    expected: `an answer within ${access.timeout ?? defaultTimeout} ms`,
    cause,
  })
}

/** The bytes arrived and cannot be used; every other failure means that there is no way to the service. */
const unusable: ReadonlySet<RegistryErrorCode> = new Set([
  'LIMIT_EXCEEDED',
  'PROTOCOL_ERROR',
  'MALFORMED_CONTENT',
])

function translated(request: ServiceRequest, error: RegistryError): Error {
  const { service } = request
  if (error.code === 'ABORTED') return error
  if (unusable.has(error.code)) return misbehaved(service, error.message, error)
  const [code, what] =
    error.code === 'TIMED_OUT'
      ? (['SERVICE_TIMED_OUT', 'did not answer in time'] as const)
      : (['SERVICE_UNREACHABLE', 'cannot be reached'] as const)
  return new SigningError(code, `${service.name} ${what}`, {
    on: service.url,
    got: error.message,
    cause: error,
  })
}

/** The service answered, and the answer is not what its protocol promises. */
export function misbehaved(service: Service, got: string, cause?: unknown): SigningError {
  return new SigningError('SERVICE_MISBEHAVED', `${service.name} gave an unusable answer`, {
    on: service.url,
    got: redact(got).slice(0, maxQuoted),
    cause,
  })
}

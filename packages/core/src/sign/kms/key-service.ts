import { parseStrictJson, RegistryError, type Call, type JsonValue, type Transport } from '@assay/registry'
import type { JsonNode } from '../../json/json-node.ts'
import { keyFromSpki, parsePublicKey, type KeyAlgorithm, type TrustedKey } from '../../trust/public-key.ts'
import { TrustError } from '../../trust/trust-error.ts'
import { callService, misbehaved, type Service, type ServiceAnswer } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'

export interface KeyQuestion {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** With its query, behind the URL of the service. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** 200 unless given. */
  readonly accept?: readonly number[]
  /** Never shown, even where the service repeats it. */
  readonly secrets: readonly string[]
}

/** Every question can be given up. */
export type KeyCall = Call & { readonly signal: AbortSignal }

/** A service that keeps keys, and the way to it. */
export interface KeyService {
  readonly service: Service
  readonly transport: Transport
}

/**
 * One question to a service that keeps keys.
 * @throws SigningError SERVICE_UNREACHABLE, SERVICE_TIMED_OUT, SERVICE_REFUSED, SERVICE_MISBEHAVED
 */
export async function askKeyService(
  { service, transport }: KeyService,
  question: KeyQuestion,
  call: Call,
): Promise<ServiceAnswer> {
  const { method, path, headers = {}, body, accept = [200], secrets } = question
  return callService(
    { transport },
    {
      service,
      method,
      path,
      headers: { accept: 'application/json', ...headers },
      ...(body !== undefined && { body }),
      accept,
      secrets: secrets.filter((secret) => secret !== ''),
    },
    call,
  )
}

/** The same, where the answer is JSON. */
export async function askForJson(place: KeyService, question: KeyQuestion, call: Call): Promise<JsonNode> {
  return keyAnswer(place.service, (await askKeyService(place, question, call)).body)
}

/** The JSON of an answer that may hold a secret: what is wrong with it is said without quoting it. */
export function keyAnswer(service: Service, body: Uint8Array): JsonNode {
  return { value: strictJson(service, body), path: '', refuse: (message) => misbehaved(service, message) }
}

function strictJson(service: Service, body: Uint8Array): JsonValue {
  try {
    return parseStrictJson(body, { on: service.url })
  } catch (error) {
    if (error instanceof RegistryError) throw misbehaved(service, `it is not JSON (${error.code})`)
    throw error
  }
}

/** A body of JSON, with the header that says so. */
export function jsonBody(value: unknown): {
  readonly headers: { readonly 'content-type': string }
  readonly body: Uint8Array
} {
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

/**
 * Reads the public key that a service answered with.
 * @throws SigningError UNSUPPORTED_KEY, SERVICE_MISBEHAVED
 */
export function servedKey(
  service: Service,
  key: { readonly pem: string } | { readonly spki: Uint8Array },
): TrustedKey {
  try {
    return 'pem' in key ? parsePublicKey(key.pem) : keyFromSpki(key.spki)
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    if (error.code !== 'UNSUPPORTED_KEY') throw misbehaved(service, `its public key: ${error.message}`, error)
    throw unsupportedKey(service, {
      got: error.got ?? '',
      ...(error.expected !== undefined && { expected: error.expected }),
    })
  }
}

/** The key is there, and it is none that we sign with. */
export function unsupportedKey(
  service: Service,
  details: { readonly expected?: string; readonly got: string },
): SigningError {
  return new SigningError('UNSUPPORTED_KEY', `the key in ${service.name} is of a kind that is not accepted`, {
    on: service.url,
    ...details,
  })
}

/** What a service calls the algorithm that a key of ours is used with. */
export function named<Name>(
  names: Readonly<Partial<Record<KeyAlgorithm, Name>>>,
  { service, algorithm }: { readonly service: Service; readonly algorithm: KeyAlgorithm },
): Name {
  const name = names[algorithm]
  if (name === undefined) throw unsupportedKey(service, { got: algorithm })
  return name
}

/** A reference to a key that is not written as its service's are. */
export function malformedReference(expected: string): SigningError {
  return new SigningError('UNSUPPORTED_KEY', 'the reference to the key is malformed', { expected })
}

/** What is needed to reach a service is missing here, or is not what it should be. */
export function noKeyAccess(service: Service['name'], problem: string, hint?: string): SigningError {
  return new SigningError('NO_KEY_ACCESS', `${service} cannot be asked: ${problem}`, {
    ...(hint !== undefined && { hint }),
  })
}

/**
 * The address of a service, from the environment: https, or http on this machine.
 * @throws SigningError NO_KEY_ACCESS
 */
export function addressOf(name: Service['name'], variable: string, text: string): string {
  const url = URL.parse(text)
  const isLocal =
    url?.protocol === 'http:' && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  if (url !== null && url.username === '' && (url.protocol === 'https:' || isLocal))
    return text.replace(/\/+$/, '')
  throw noKeyAccess(name, `${variable} is not an https address`, 'http is for services on this machine only')
}

import { parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import {
  countOf,
  field,
  isMissing,
  listOf,
  optional,
  textOf,
  timeOf,
  type JsonNode,
} from '../../json/json-node.ts'
import { isWithin, type Period } from '../../trust/public-key.ts'
import { SigningError } from '../signing-error.ts'

/** Where to sign: the SigningConfig document, version 0.2 (sigstore/protobuf-specs sigstore_trustroot.proto). */
export interface SigningConfig {
  readonly fulcio: readonly ServiceEntry[]
  readonly identityProviders: readonly ServiceEntry[]
  readonly rekor: readonly ServiceEntry[]
  readonly rekorSelection: Selection
  readonly timestampAuthorities: readonly ServiceEntry[]
  readonly timestampSelection: Selection
}

export interface ServiceEntry {
  readonly url: string
  readonly apiVersion: number
  readonly validFor: Period
  readonly operator: string
}

/** How many of the usable services are used: one, one for each operator, or exactly so many. */
export type Selection =
  | { readonly kind: 'any' }
  | { readonly kind: 'all' }
  | { readonly kind: 'exact'; readonly count: number }

export const signingConfigMediaType: string = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
const maxServices = 100

/**
 * Reads a signing config. Services are reached by https, or by http on the loopback interface: tokens travel there.
 * @throws SigningError MALFORMED_SIGNING_CONFIG
 */
export function parseSigningConfig(bytes: Uint8Array): SigningConfig {
  const document: JsonNode = { value: strictJson(bytes), path: '', refuse: malformed }
  if (textOf(field(document, 'mediaType')) !== signingConfigMediaType)
    throw malformed(`mediaType is not ${signingConfigMediaType}`)
  return {
    fulcio: servicesOf(field(document, 'caUrls')),
    identityProviders: servicesOf(field(document, 'oidcUrls')),
    rekor: servicesOf(field(document, 'rekorTlogUrls')),
    rekorSelection: selectionOf(field(document, 'rekorTlogConfig')),
    timestampAuthorities: servicesOf(field(document, 'tsaUrls')),
    timestampSelection: selectionOf(field(document, 'tsaConfig')),
  }
}

/**
 * The services to use now: valid at this time, of an API version that we speak, the highest version and the newest
 * start first, at most one of each operator.
 * @throws SigningError NO_SERVICE
 */
export function selectServices(
  services: readonly ServiceEntry[],
  options: {
    readonly selection: Selection
    readonly apiVersions: readonly number[]
    readonly now: Date
    /** What is looked for, for messages. */
    readonly what: string
  },
): readonly ServiceEntry[] {
  const usable = services
    .filter(
      ({ apiVersion, validFor }) =>
        options.apiVersions.includes(apiVersion) && isWithin(validFor, options.now),
    )
    .toSorted(
      (a, b) => b.apiVersion - a.apiVersion || b.validFor.start.getTime() - a.validFor.start.getTime(),
    )
  const operators = new Map<string, ServiceEntry>()
  for (const service of usable) if (!operators.has(service.operator)) operators.set(service.operator, service)
  const found = [...operators.values()]
  const wanted = { any: 1, all: found.length, exact: countOfSelection(options.selection) }[
    options.selection.kind
  ]
  if (found.length > 0 && found.length >= wanted) return found.slice(0, wanted)
  throw new SigningError('NO_SERVICE', `the signing config names no usable ${options.what}`, {
    expected: `${Math.max(wanted, 1)} of API version ${options.apiVersions.join(' or ')}, valid at ${options.now.toISOString()}`,
    got: `${found.length} of ${services.length}`,
  })
}

function countOfSelection(selection: Selection): number {
  return selection.kind === 'exact' ? selection.count : 0
}

function servicesOf(node: JsonNode): readonly ServiceEntry[] {
  return listOf(node, maxServices).map((service) => {
    const validFor = field(service, 'validFor')
    const end = optional(field(validFor, 'end'), timeOf)
    return {
      url: urlOf(field(service, 'url')),
      apiVersion: Number(countOf(field(service, 'majorApiVersion'))),
      validFor: { start: timeOf(field(validFor, 'start')), ...(end !== undefined && { end }) },
      operator: optional(field(service, 'operator'), textOf) ?? '',
    }
  })
}

function urlOf(node: JsonNode): string {
  const text = textOf(node)
  if (!isServiceUrl(text)) throw node.refuse(`${node.path} is not an https URL`)
  return text
}

/** Whether tokens and signatures may go there: https, or http to this machine itself; no credentials, no query. */
export function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

function selectionOf(node: JsonNode): Selection {
  if (isMissing(node)) return { kind: 'any' }
  const selector = optional(field(node, 'selector'), textOf) ?? 'ANY'
  if (selector === 'ANY') return { kind: 'any' }
  if (selector === 'ALL') return { kind: 'all' }
  const count = selector === 'EXACT' ? Number(countOf(field(node, 'count'))) : 0
  if (count < 1 || count > maxServices) throw node.refuse(`${node.path} selects nothing that we know`)
  return { kind: 'exact', count }
}

function strictJson(bytes: Uint8Array): JsonValue {
  try {
    return parseStrictJson(bytes, { on: 'signing config' })
  } catch (error) {
    if (error instanceof RegistryError) throw malformed(error.message)
    throw error
  }
}

function malformed(got: string): SigningError {
  return new SigningError('MALFORMED_SIGNING_CONFIG', 'the signing config is malformed', { got })
}

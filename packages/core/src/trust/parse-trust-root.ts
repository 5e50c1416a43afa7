import {
  field,
  filledBase64Of,
  isMissing,
  listOf,
  optional,
  textOf,
  timeOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { parseCertificate, unprocessedExtension, type Certificate } from './certificate.ts'
import { DerError } from './der.ts'
import { keyFromSpki, type Period } from './public-key.ts'
import { TrustError } from './trust-error.ts'
import type { CertificateChain, LogAuthority, TrustOrigin, TrustRoot } from './trust-root.ts'

const mediaTypes: readonly string[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]
const maxAuthorities = 100
const maxChainLength = 10

/**
 * Reads a TrustedRoot document. Fields that we do not know are passed over, since it comes from somebody
 * trusted and grows; a doubled key or a transparency log without the start of its validity is refused.
 * @throws TrustError MALFORMED_TRUST_ROOT
 */
export function parseTrustRoot(bytes: Uint8Array, origin: TrustOrigin = { kind: 'given' }): TrustRoot {
  const document = readDocument(bytes, { on: 'trusted root', refuse: malformed })
  const mediaType = textOf(field(document, 'mediaType'))
  if (!mediaTypes.includes(mediaType)) throw malformed(`the media type ${mediaType.slice(0, 100)} is unknown`)
  const unsupported: string[] = []
  const logs = (name: string, startRequired: boolean): readonly LogAuthority[] =>
    listOf(field(document, name), maxAuthorities).flatMap((node) => {
      const log = readLog(node, startRequired)
      if (typeof log !== 'string') return [log]
      unsupported.push(log)
      return []
    })
  const chains = (name: string): readonly CertificateChain[] =>
    listOf(field(document, name), maxAuthorities).map(readChain)
  return {
    origin,
    certificateAuthorities: chains('certificateAuthorities'),
    timestampAuthorities: chains('timestampAuthorities'),
    transparencyLogs: logs('tlogs', true),
    certificateLogs: logs('ctlogs', false),
    unsupported,
  }
}

/** The log, or its name where its key is of a kind that we do not know. */
function readLog(node: JsonNode, startRequired: boolean): LogAuthority | string {
  const publicKey = field(node, 'publicKey')
  const validFor = readPeriod(field(publicKey, 'validFor'), startRequired)
  const checkpointKeyId = optional(field(node, 'checkpointKeyId'), (id) => filledBase64Of(field(id, 'keyId')))
  const details = optional(field(publicKey, 'keyDetails'), textOf) ?? ''
  const raw = filledBase64Of(field(publicKey, 'rawBytes'))
  const baseUrl = textOf(field(node, 'baseUrl'))
  const logId = filledBase64Of(field(field(node, 'logId'), 'keyId'))
  try {
    const key = { ...keyFromSpki(raw, details.startsWith('PKCS1_RSA') ? 'pkcs1' : 'spki'), validFor }
    return { baseUrl, logId, ...(checkpointKeyId !== undefined && { checkpointKeyId }), key, validFor }
  } catch (error) {
    if (error instanceof TrustError && error.code === 'UNSUPPORTED_KEY') return baseUrl
    if (error instanceof TrustError) throw malformed(`the key of ${baseUrl} is malformed`, error)
    throw error
  }
}

function readChain(node: JsonNode): CertificateChain {
  const list = listOf(field(field(node, 'certChain'), 'certificates'), maxChainLength)
  if (list.length === 0) throw malformed(`${node.path} has no certificates`)
  return {
    uri: optional(field(node, 'uri'), textOf) ?? '',
    certificates: list.map((entry) => readCertificate(field(entry, 'rawBytes'))),
    validFor: readPeriod(field(node, 'validFor'), false),
  }
}

function readCertificate(node: JsonNode): Certificate {
  try {
    const certificate = parseCertificate(filledBase64Of(node))
    const unprocessed = unprocessedExtension(certificate)
    if (unprocessed === undefined) return certificate
    throw malformed(`${node.path} has the critical extension ${unprocessed}, which we cannot honour`)
  } catch (error) {
    if (error instanceof DerError)
      throw malformed(`${node.path} is not a certificate: ${error.message}`, error)
    throw error
  }
}

/** TimeRange: closed at both ends; without an end it lasts. */
function readPeriod(node: JsonNode, startRequired: boolean): Period {
  const start = isMissing(node) ? undefined : optional(field(node, 'start'), timeOf)
  const end = isMissing(node) ? undefined : optional(field(node, 'end'), timeOf)
  if (start === undefined && startRequired) throw malformed(`${node.path} has no start`)
  return { start: start ?? new Date(0), ...(end !== undefined && { end }) }
}

function malformed(got: string, cause?: Error): TrustError {
  return new TrustError('MALFORMED_TRUST_ROOT', 'the trusted root cannot be used', { got, cause })
}

import type { Interruptible } from '@assay/registry'
import {
  field,
  filledBase64Of,
  isMissing,
  listOf,
  onlyFields,
  optional,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { readLogEntry } from './read-log-entry.ts'
import type { BundleContent, BundleKey, SignedBundle } from './signed-bundle.ts'
import type { HashAlgorithm } from '../trust/hash-algorithm.ts'

/** The largest bundle that is read, in bytes: cosign's own limit for an attachment. */
export const maxBundleSize: number = 128 * 1024 * 1024
const maxLogEntries = 32
const maxTimestamps = 32
const maxCertificates = 10

const versions: ReadonlyMap<string, 'v0.1' | 'v0.2' | 'v0.3'> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', 'v0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', 'v0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', 'v0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', 'v0.3'],
])

/**
 * Reads a Sigstore bundle, v0.1 to v0.3 (sigstore/protobuf-specs sigstore_bundle.proto). One reading only:
 * fields that are unknown, doubled, or spelled another way are refused, and so is base64 in any but its
 * canonical form, and content that the named version does not have.
 * @throws VerificationError MALFORMED_BUNDLE, UNSUPPORTED_FORMAT
 */
export function parseBundle(bytes: Uint8Array, reading: Interruptible = {}): SignedBundle {
  return readBundle(readDocument(bytes, { on: 'bundle', refuse: malformed, ...reading }))
}

/** The same, of JSON that was read already. */
export function readBundle(document: JsonNode): SignedBundle {
  onlyFields(document, ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'])
  const format = formatOf(textOf(field(document, 'mediaType')))
  const material = field(document, 'verificationMaterial')
  onlyFields(material, [
    'certificate',
    'x509CertificateChain',
    'publicKey',
    'tlogEntries',
    'timestampVerificationData',
  ])
  const logEntries = listOf(field(material, 'tlogEntries'), maxLogEntries).map(readLogEntry)
  for (const [index, entry] of logEntries.entries()) {
    if (format === 'v0.1' ? entry.promise === undefined : entry.proof?.checkpoint === undefined)
      throw malformed(
        `tlogEntries[${index}] has no ${format === 'v0.1' ? 'inclusion promise' : 'inclusion proof with a checkpoint'}, which ${format} asks for`,
      )
  }
  return {
    format,
    content: contentOf(document),
    key: keyOf(material, format),
    logEntries,
    timestamps: timestampsOf(material),
  }
}

function formatOf(mediaType: string): 'v0.1' | 'v0.2' | 'v0.3' {
  const format = versions.get(mediaType)
  if (format !== undefined) return format
  throw new VerificationError('UNSUPPORTED_FORMAT', 'the bundle is of an unknown version', {
    step: 'bundle',
    expected: 'a Sigstore bundle v0.1, v0.2 or v0.3',
    got: mediaType.slice(0, 200),
  })
}

function contentOf(document: JsonNode): BundleContent {
  const message = field(document, 'messageSignature')
  const envelope = field(document, 'dsseEnvelope')
  if (isMissing(message) === isMissing(envelope))
    throw malformed('it needs either a messageSignature or a dsseEnvelope')
  return isMissing(message) ? readEnvelope(envelope) : readMessageSignature(message)
}

/** A DSSE envelope with exactly one signature: with several, nobody could say whose payload it is. */
export function readEnvelope(envelope: JsonNode): BundleContent & { readonly kind: 'dsse' } {
  onlyFields(envelope, ['payload', 'payloadType', 'signatures'])
  const signatures = listOf(field(envelope, 'signatures'), 100)
  const [signature] = signatures
  if (signature === undefined || signatures.length !== 1)
    throw envelope.refuse(`the envelope has ${signatures.length} signatures instead of exactly one`)
  onlyFields(signature, ['sig', 'keyid'])
  optional(field(signature, 'keyid'), textOf)
  return {
    kind: 'dsse',
    payloadType: textOf(field(envelope, 'payloadType')),
    payload: filledBase64Of(field(envelope, 'payload')),
    signature: filledBase64Of(field(signature, 'sig')),
  }
}

const hashAlgorithms: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
])

function readMessageSignature(message: JsonNode): BundleContent {
  onlyFields(message, ['messageDigest', 'signature'])
  const digest = field(message, 'messageDigest')
  onlyFields(digest, ['algorithm', 'digest'])
  const algorithm = hashAlgorithms.get(textOf(field(digest, 'algorithm')))
  if (algorithm === undefined) throw malformed('messageSignature.messageDigest.algorithm is unknown')
  return {
    kind: 'message',
    signature: filledBase64Of(field(message, 'signature')),
    digest: { algorithm, value: filledBase64Of(field(digest, 'digest')) },
  }
}

function keyOf(material: JsonNode, format: string): BundleKey {
  const certificate = field(material, 'certificate')
  const chain = field(material, 'x509CertificateChain')
  const publicKey = field(material, 'publicKey')
  if ([certificate, chain, publicKey].filter((node) => !isMissing(node)).length !== 1)
    throw malformed('it needs exactly one of certificate, x509CertificateChain and publicKey')
  if (!isMissing(publicKey)) {
    onlyFields(publicKey, ['hint'])
    return { kind: 'hint', hint: optional(field(publicKey, 'hint'), textOf) ?? '' }
  }
  if (!isMissing(certificate)) {
    if (format !== 'v0.3') throw malformed(`a bundle ${format} has no field "certificate"`)
    return { kind: 'certificate', certificate: readCertificate(certificate), others: [] }
  }
  if (format === 'v0.3') throw malformed('a bundle v0.3 has no field "x509CertificateChain"')
  onlyFields(chain, ['certificates'])
  const certificates = listOf(field(chain, 'certificates'), maxCertificates).map(readCertificate)
  const [leaf, ...others] = certificates
  if (leaf === undefined) throw malformed('the certificate chain is empty')
  return { kind: 'certificate', certificate: leaf, others }
}

function readCertificate(node: JsonNode): Uint8Array {
  onlyFields(node, ['rawBytes'])
  return filledBase64Of(field(node, 'rawBytes'))
}

function timestampsOf(material: JsonNode): readonly Uint8Array[] {
  const data = field(material, 'timestampVerificationData')
  if (isMissing(data)) return []
  onlyFields(data, ['rfc3161Timestamps'])
  return listOf(field(data, 'rfc3161Timestamps'), maxTimestamps).map((node) => {
    onlyFields(node, ['signedTimestamp'])
    return filledBase64Of(field(node, 'signedTimestamp'))
  })
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_BUNDLE', 'the bundle is malformed', { step: 'bundle', got, cause })
}

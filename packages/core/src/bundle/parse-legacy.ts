import type { Interruptible } from '@assay/registry'
import {
  base64Of,
  countOf,
  field,
  filledBase64Of,
  hexOf,
  onlyFields,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { decodePem } from '../trust/public-key.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { readEnvelope } from './parse-bundle.ts'
import type { BundleKey, LogEntry, SignedMaterial } from './signed-bundle.ts'

type Annotations = Readonly<Record<string, string>>

const names = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const

/**
 * Brings a layer of cosign's `.sig` manifest into the common form: the blob is the payload, the annotations hold
 * the signature and its proofs (cosign specs/SIGNATURE_SPEC.md).
 * @throws VerificationError MALFORMED_BUNDLE
 */
export function parseLegacySignature(payload: Uint8Array, annotations: Annotations): SignedMaterial {
  const signature = filledBase64Of(annotation(annotations, names.signature))
  return { ...proofsOf(annotations), content: { kind: 'simple-signing', payload, signature } }
}

/**
 * Brings a layer of cosign's `.att` manifest into the common form: the blob is a DSSE envelope (cosign
 * specs/ATTESTATION_SPEC.md).
 * @throws VerificationError MALFORMED_BUNDLE
 */
export function parseLegacyAttestation(
  envelope: Uint8Array,
  annotations: Annotations,
  reading: Interruptible = {},
): SignedMaterial {
  const content = readEnvelope(documentOf(envelope, 'envelope', reading))
  return { ...proofsOf(annotations), content: { ...content, envelope } }
}

function proofsOf(annotations: Annotations): Omit<SignedMaterial, 'content'> {
  const timestamp = annotations[names.timestamp]
  const log = annotations[names.bundle]
  return {
    format: 'legacy',
    key: keyOf(annotations),
    logEntries: log === undefined || log === '' ? [] : [logEntryOf(log)],
    timestamps: timestamp === undefined || timestamp === '' ? [] : [timestampOf(timestamp)],
  }
}

/** The chain annotation is left alone: only trusted roots hold the certificates above a leaf. */
function keyOf(annotations: Annotations): BundleKey {
  const pem = annotations[names.certificate]
  if (pem === undefined || pem === '') return { kind: 'hint', hint: '' }
  const certificate = decodePem(pem, 'CERTIFICATE')
  if (certificate === undefined)
    throw malformed('the certificate annotation is not exactly one PEM certificate')
  return { kind: 'certificate', certificate, others: [] }
}

/** Rekor's answer of old: `{SignedEntryTimestamp, Payload: {body, integratedTime, logIndex, logID}}`. */
function logEntryOf(text: string): LogEntry {
  return readRekorBundle(documentOf(Buffer.from(text), 'bundle annotation'))
}

/** @throws VerificationError MALFORMED_BUNDLE */
export function readRekorBundle(document: JsonNode): LogEntry {
  onlyFields(document, ['SignedEntryTimestamp', 'Payload'])
  const payload = field(document, 'Payload')
  onlyFields(payload, ['body', 'integratedTime', 'logIndex', 'logID'])
  const body = filledBase64Of(field(payload, 'body'))
  return {
    logIndex: countOf(field(payload, 'logIndex')),
    logId: hexOf(field(payload, 'logID')),
    ...kindOf(body),
    integratedTime: countOf(field(payload, 'integratedTime')),
    promise: filledBase64Of(field(document, 'SignedEntryTimestamp')),
    body,
  }
}

/** Legacy bundles do not repeat the kind beside the body. */
function kindOf(body: Uint8Array): { readonly kind: string; readonly version: string } {
  const document = documentOf(body, 'log entry')
  return { kind: textOf(field(document, 'kind')), version: textOf(field(document, 'apiVersion')) }
}

function timestampOf(text: string): Uint8Array {
  const document = documentOf(Buffer.from(text), 'timestamp annotation')
  onlyFields(document, ['SignedRFC3161Timestamp'])
  return base64Of(field(document, 'SignedRFC3161Timestamp'))
}

function annotation(annotations: Annotations, name: string): JsonNode {
  return { value: annotations[name], path: name, refuse: malformed }
}

function documentOf(bytes: Uint8Array, what: string, reading: Interruptible = {}): JsonNode {
  return readDocument(bytes, { on: what, path: what, refuse: malformed, ...reading })
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_BUNDLE', 'the legacy signature is malformed', {
    step: 'bundle',
    got,
    cause,
  })
}

import { createHash } from 'node:crypto'
import { isJsonObject, type Interruptible } from '@assay/registry'
import {
  field,
  filledBase64Of,
  isMissing,
  objectOf,
  onlyFields,
  optional,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { decodePem } from '../trust/public-key.ts'
import { maxBundleSize, readBundle, readEnvelope } from './parse-bundle.ts'
import { readRekorBundle } from './parse-legacy.ts'
import type { BundleKey, SignedMaterial } from './signed-bundle.ts'

/**
 * Reads a bundle file: a Sigstore bundle, or what cosign v1 and v2 wrote beside a blob, `{base64Signature, cert,
 * rekorBundle}` (cosign pkg/cosign/fetch.go LocalSignedPayload). Its fields say which of them it is.
 * @throws VerificationError MALFORMED_BUNDLE, UNSUPPORTED_FORMAT
 */
export function parseDetached(bytes: Uint8Array, reading: Interruptible = {}): SignedMaterial {
  if (bytes.byteLength > maxBundleSize) throw malformed(`more than ${maxBundleSize} bytes`)
  const document = readDocument(bytes, { on: 'bundle', refuse: malformed, ...reading })
  const { value } = document
  if (!isJsonObject(value) || value['base64Signature'] === undefined) return readBundle(document)
  onlyFields(document, ['base64Signature', 'cert', 'rekorBundle', 'rfc3161Timestamp'])
  const log = field(document, 'rekorBundle')
  const timestamp = field(document, 'rfc3161Timestamp')
  return {
    format: 'legacy',
    content: contentOf(filledBase64Of(field(document, 'base64Signature')), reading),
    key: keyOf(optional(field(document, 'cert'), textOf)),
    logEntries: isMissing(log) ? [] : [readRekorBundle(log)],
    timestamps: isMissing(timestamp) ? [] : [readTimestamp(timestamp)],
  }
}

/** A signature of a blob; of an attestation the whole DSSE envelope, which is JSON where a signature is not. */
function contentOf(signature: Uint8Array, reading: Interruptible): SignedMaterial['content'] {
  if (signature[0] !== 0x7b) return { kind: 'message', signature }
  const where = { on: 'envelope', path: 'envelope', refuse: malformed }
  const envelope = readDocument(signature, { ...where, ...reading })
  return { ...readEnvelope(envelope), envelope: signature }
}

/** Base64 of PEM: the certificate, or the public key of a signature with a key, which is a claim only. */
function keyOf(text: string | undefined): BundleKey {
  if (text === undefined || text === '') return { kind: 'hint', hint: '' }
  const pem = Buffer.from(text, 'base64').toString('latin1')
  const certificate = decodePem(pem, 'CERTIFICATE')
  if (certificate !== undefined) return { kind: 'certificate', certificate, others: [] }
  const key = decodePem(pem, 'PUBLIC KEY')
  if (key === undefined) throw malformed('cert is neither one certificate nor one public key')
  return { kind: 'hint', hint: createHash('sha256').update(key).digest('base64') }
}

function readTimestamp(node: JsonNode): Uint8Array {
  onlyFields(node, ['SignedRFC3161Timestamp'])
  objectOf(node)
  return filledBase64Of(field(node, 'SignedRFC3161Timestamp'))
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_BUNDLE', 'the bundle is malformed', { step: 'bundle', got, cause })
}

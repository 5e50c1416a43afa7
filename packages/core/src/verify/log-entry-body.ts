import type { LogEntry } from '../bundle/signed-bundle.ts'
import type { HashAlgorithm } from '../trust/hash-algorithm.ts'
import {
  base64Of,
  field,
  filledBase64Of,
  hexOf,
  isMissing,
  listOf,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { decodePem } from '../trust/public-key.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** What a log entry says was signed, by which key, with which signature: every statement that its kind makes. */
export interface LoggedClaim {
  /** Of the signed bytes. */
  readonly signedDigest?: LoggedDigest
  /** Of the DSSE payload. */
  readonly payloadDigest?: LoggedDigest
  /** Of the DSSE envelope as it was uploaded. */
  readonly envelopeDigest?: LoggedDigest
  readonly signature?: Uint8Array
  /** The certificate or SubjectPublicKeyInfo, DER. */
  readonly key: Uint8Array
}

export interface LoggedDigest {
  readonly algorithm: HashAlgorithm
  readonly value: Uint8Array
}

type Reader = (spec: JsonNode) => LoggedClaim

/** The kinds and versions that exist; anything else is refused, never passed over. */
const readers: ReadonlyMap<string, Reader> = new Map([
  ['hashedrekord/0.0.1', readHashedRekordV1],
  ['hashedrekord/0.0.2', readHashedRekordV2],
  ['rekord/0.0.1', readRekord],
  ['dsse/0.0.1', readDsseV1],
  ['dsse/0.0.2', readDsseV2],
  ['intoto/0.0.1', readIntotoV1],
  ['intoto/0.0.2', readIntotoV2],
])

/**
 * Reads the body of a log entry (sigstore/rekor pkg/types, sigstore/rekor-tiles api/proto).
 *
 * "The Verifier implementation contains a list of known Transparency Service formats (by apiVersion and kind); if no
 * type is found, abort." (Sigstore client spec §4.4)
 * @throws VerificationError UNSUPPORTED_FORMAT, LOG_ENTRY_MISMATCH
 */
export function readLogEntryBody(entry: LogEntry): LoggedClaim {
  const body = readDocument(entry.body, { on: 'log entry', refuse: malformed })
  const kind = `${textOf(field(body, 'kind'))}/${textOf(field(body, 'apiVersion'))}`
  if (kind !== `${entry.kind}/${entry.version}`)
    throw new VerificationError(
      'LOG_ENTRY_MISMATCH',
      'the log entry is of another kind than the bundle says',
      {
        step: 'log-entry',
        expected: `${entry.kind}/${entry.version}`,
        got: kind,
      },
    )
  const read = readers.get(kind)
  if (read === undefined)
    throw new VerificationError('UNSUPPORTED_FORMAT', 'the log entry is of an unknown kind', {
      step: 'log-entry',
      expected: [...readers.keys()].join(', '),
      got: kind,
    })
  return read(field(body, 'spec'))
}

function readHashedRekordV1(spec: JsonNode): LoggedClaim {
  const signature = field(spec, 'signature')
  return {
    signedDigest: hexDigest(field(field(spec, 'data'), 'hash')),
    signature: filledBase64Of(field(signature, 'content')),
    key: pemOf(field(field(signature, 'publicKey'), 'content')),
  }
}

function readRekord(spec: JsonNode): LoggedClaim {
  const format = textOf(field(field(spec, 'signature'), 'format'))
  if (format !== 'x509')
    throw malformed(`a rekord entry with a signature of the format ${format.slice(0, 40)}`)
  return readHashedRekordV1(spec)
}

function readHashedRekordV2(spec: JsonNode): LoggedClaim {
  const entry = field(spec, 'hashedRekordV002')
  const signature = field(entry, 'signature')
  return {
    signedDigest: base64Digest(field(entry, 'data')),
    signature: filledBase64Of(field(signature, 'content')),
    key: verifierOf(field(signature, 'verifier')),
  }
}

function readDsseV1(spec: JsonNode): LoggedClaim {
  const signature = single(field(spec, 'signatures'))
  return {
    payloadDigest: hexDigest(field(spec, 'payloadHash')),
    envelopeDigest: hexDigest(field(spec, 'envelopeHash')),
    signature: filledBase64Of(field(signature, 'signature')),
    key: pemOf(field(signature, 'verifier')),
  }
}

function readDsseV2(spec: JsonNode): LoggedClaim {
  const entry = field(spec, 'dsseV002')
  const signature = single(field(entry, 'signatures'))
  return {
    payloadDigest: base64Digest(field(entry, 'payloadHash')),
    signature: filledBase64Of(field(signature, 'content')),
    key: verifierOf(field(signature, 'verifier')),
  }
}

/** Holds no signature of its own: only the hash of the whole envelope ties it to one. */
function readIntotoV1(spec: JsonNode): LoggedClaim {
  const content = field(spec, 'content')
  return {
    payloadDigest: hexDigest(field(content, 'payloadHash')),
    envelopeDigest: hexDigest(field(content, 'hash')),
    key: pemOf(field(spec, 'publicKey')),
  }
}

function readIntotoV2(spec: JsonNode): LoggedClaim {
  const content = field(spec, 'content')
  const signature = single(field(field(content, 'envelope'), 'signatures'))
  // The signature's base64 was encoded a second time.
  const inner = Buffer.from(filledBase64Of(field(signature, 'sig'))).toString('latin1')
  return {
    payloadDigest: hexDigest(field(content, 'payloadHash')),
    signature: filledBase64Of({
      value: inner,
      path: 'spec.content.envelope.signatures[0].sig',
      refuse: malformed,
    }),
    key: pemOf(field(signature, 'publicKey')),
  }
}

function single(list: JsonNode): JsonNode {
  const [first, ...others] = listOf(list, 100)
  if (first === undefined || others.length > 0) throw malformed(`${list.path} is not exactly one signature`)
  return first
}

const hexAlgorithms: Readonly<Record<string, HashAlgorithm>> = {
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
}
const enumAlgorithms: Readonly<Record<string, HashAlgorithm>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
}

function hexDigest(node: JsonNode): LoggedDigest {
  return { algorithm: algorithmOf(node, hexAlgorithms), value: hexOf(field(node, 'value')) }
}

function base64Digest(node: JsonNode): LoggedDigest {
  return { algorithm: algorithmOf(node, enumAlgorithms), value: filledBase64Of(field(node, 'digest')) }
}

function algorithmOf(node: JsonNode, known: Readonly<Record<string, HashAlgorithm>>): HashAlgorithm {
  const algorithm = new Map(Object.entries(known)).get(textOf(field(node, 'algorithm')))
  if (algorithm === undefined) throw malformed(`${node.path}.algorithm is unknown`)
  return algorithm
}

/** Base64 of a PEM block, either a certificate or a public key. */
function pemOf(node: JsonNode): Uint8Array {
  const pem = Buffer.from(base64Of(node)).toString('latin1')
  const key = decodePem(pem, 'CERTIFICATE') ?? decodePem(pem, 'PUBLIC KEY')
  if (key === undefined) throw malformed(`${node.path} is not exactly one certificate or public key`)
  return key
}

function verifierOf(node: JsonNode): Uint8Array {
  const certificate = field(node, 'x509Certificate')
  const publicKey = field(node, 'publicKey')
  if (isMissing(certificate) === isMissing(publicKey))
    throw malformed(`${node.path} needs one certificate or key`)
  return filledBase64Of(field(isMissing(certificate) ? publicKey : certificate, 'rawBytes'))
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_BUNDLE', 'the log entry is malformed', {
    step: 'log-entry',
    got,
    cause,
  })
}

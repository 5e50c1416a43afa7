import { createHash } from 'node:crypto'
import type { HashAlgorithm } from './hash-algorithm.ts'
import {
  childrenOf,
  DerError,
  derTag,
  expectTag,
  readDer,
  readOid,
  readTime,
  sequenceOf,
  type DerValue,
} from './der.ts'

/** What an RFC 3161 response claims; nothing in it is verified. */
export interface TimestampToken {
  readonly der: Uint8Array
  /** Of the certificate that is said to have signed it. */
  readonly signer: { readonly issuer: Uint8Array; readonly serialNumber: string }
  readonly time: Date
  readonly imprint: { readonly algorithm: HashAlgorithm; readonly digest: Uint8Array }
}

const maxTokenSize = 256 * 1024

const hashOids: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/**
 * Takes a TimeStampResp apart (RFC 3161 §2.4.2, RFC 5652 §5): granted, and signed by exactly one signer, so that
 * there is no doubt whose certificate counts.
 * @throws DerError
 */
export function parseTimestamp(der: Uint8Array): TimestampToken {
  if (der.byteLength > maxTokenSize) throw new DerError('the timestamp is too large')
  const [statusInfo, token] = sequenceOf(readDer(der))
  const [status] = sequenceOf(statusInfo)
  const granted = expectTag(status, derTag.integer).content
  if (granted.byteLength !== 1 || (granted[0] ?? 2) > 1) throw new DerError('the timestamp was not granted')
  const [contentType, content] = sequenceOf(token)
  if (readOid(contentType) !== '1.2.840.113549.1.7.2') throw new DerError('the timestamp is not signed data')
  const [, , encapsulated, ...rest] = sequenceOf(inside(content))
  const signerInfos = childrenOf(expectTag(rest.at(-1), derTag.set))
  const [signerInfo] = signerInfos
  if (signerInfos.length !== 1)
    throw new DerError(`the timestamp has ${signerInfos.length} signers instead of one`)
  const [type, wrapped] = sequenceOf(encapsulated)
  if (readOid(type) !== '1.2.840.113549.1.9.16.1.4') throw new DerError('the signed data is not a timestamp')
  const [, , imprint, , time] = sequenceOf(readDer(expectTag(inside(wrapped), derTag.octetString).content))
  const [, signer] = sequenceOf(signerInfo)
  const [issuer, serial] = sequenceOf(signer)
  return {
    der,
    signer: {
      issuer: expectTag(issuer, derTag.sequence).bytes,
      serialNumber: Buffer.from(expectTag(serial, derTag.integer).content).toString('hex'),
    },
    time: readTime(time),
    imprint: readImprint(imprint),
  }
}

/** Whether the timestamp is over these bytes. */
export function isOver(token: TimestampToken, bytes: Uint8Array): boolean {
  const { algorithm, digest } = token.imprint
  return Buffer.compare(createHash(algorithm).update(bytes).digest(), digest) === 0
}

function readImprint(value: DerValue | undefined): TimestampToken['imprint'] {
  const [algorithm, digest] = sequenceOf(value)
  const [oid] = sequenceOf(algorithm)
  const name = hashOids.get(readOid(oid))
  if (name === undefined) throw new DerError('the timestamp uses an unknown hash')
  return { algorithm: name, digest: expectTag(digest, derTag.octetString).content }
}

/** The value inside an explicit [0]. */
function inside(value: DerValue | undefined): DerValue {
  return readDer(expectTag(value, 0xa0).content)
}

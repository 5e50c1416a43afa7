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

/** An X.509 certificate, taken apart as far as we decide on it (RFC 5280 §4.1). Nothing in it is verified. */
export interface Certificate {
  readonly der: Uint8Array
  /** Hexadecimal. */
  readonly serialNumber: string
  /** DER of the names, compared byte by byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: Uint8Array
  /** By dotted object identifier. */
  readonly extensions: ReadonlyMap<string, Extension>
}

export interface Extension {
  readonly critical: boolean
  readonly value: Uint8Array
}

const maxCertificateSize = 64 * 1024
const maxExtensions = 100

/**
 * Takes a certificate apart.
 * @throws DerError
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.byteLength > maxCertificateSize) throw new DerError('the certificate is too large')
  const [tbs, , signature] = sequenceOf(readDer(der))
  expectTag(signature, derTag.bitString)
  const fields = sequenceOf(tbs)
  // [0] EXPLICIT version; extensions need v3.
  const [version, serial, , issuer, validity, subject, publicKey, ...rest] = fields
  if (version?.tag !== 0xa0 || Buffer.from(version.content).toString('hex') !== '020102')
    throw new DerError('not a certificate of version 3')
  const [notBefore, notAfter] = sequenceOf(validity)
  return {
    der,
    serialNumber: Buffer.from(expectTag(serial, derTag.integer).content).toString('hex'),
    issuer: expectTag(issuer, derTag.sequence).bytes,
    subject: expectTag(subject, derTag.sequence).bytes,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey: expectTag(publicKey, derTag.sequence).bytes,
    extensions: extensionsOf(rest),
  }
}

/** Whether the names say that it was issued by itself: what a root looks like. */
export function isSelfIssued(certificate: Certificate): boolean {
  return Buffer.compare(certificate.issuer, certificate.subject) === 0
}

export const extensionOids = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  sct: '1.3.6.1.4.1.11129.2.4.2',
} as const

/** RFC 5280 §4.2.1.9: whether the certificate may issue others. */
export function isAuthority(certificate: Certificate): boolean {
  const constraints = certificate.extensions.get(extensionOids.basicConstraints)
  if (constraints === undefined) return false
  const [authority] = sequenceOf(readDer(constraints.value))
  return authority?.tag === derTag.boolean && authority.content[0] === 0xff
}

/** RFC 5280 §4.2.1.3: whether the key usage has digitalSignature, bit 0. A certificate without key usage has not. */
export function maySign(certificate: Certificate): boolean {
  const usage = certificate.extensions.get(extensionOids.keyUsage)
  if (usage === undefined) return false
  const [, bits = 0] = expectTag(readDer(usage.value), derTag.bitString).content
  return (bits & 0x80) !== 0
}

/** RFC 5280 §4.2.1.12: the purposes, as object identifiers; undefined where the certificate names none. */
export function extendedKeyUsages(certificate: Certificate): readonly string[] | undefined {
  const usages = certificate.extensions.get(extensionOids.extendedKeyUsage)
  return usages === undefined ? undefined : sequenceOf(readDer(usages.value)).map(readOid)
}

const processed: ReadonlySet<string> = new Set([
  extensionOids.keyUsage,
  extensionOids.subjectAltName,
  extensionOids.basicConstraints,
  extensionOids.extendedKeyUsage,
])

/**
 * RFC 5280 §4.2: a critical extension that is not processed makes a certificate unusable; name constraints
 * (2.5.29.30) are not processed either, whatever they say about being critical.
 */
export function unprocessedExtension(certificate: Certificate): string | undefined {
  for (const [oid, { critical }] of certificate.extensions) {
    if ((critical && !processed.has(oid)) || oid === '2.5.29.30') return oid
  }
  return undefined
}

function extensionsOf(rest: readonly DerValue[]): ReadonlyMap<string, Extension> {
  const wrapper = rest.find(({ tag }) => tag === 0xa3)
  const extensions = new Map<string, Extension>()
  if (wrapper === undefined) return extensions
  const list = childrenOf(expectTag(readDer(wrapper.content), derTag.sequence), maxExtensions)
  for (const item of list) {
    const [id, ...values] = sequenceOf(item)
    const oid = readOid(id)
    if (extensions.has(oid)) throw new DerError(`the extension ${oid} stands twice`)
    const [first, second] = values
    const flag = second === undefined ? undefined : expectTag(first, derTag.boolean)
    const value = expectTag(second ?? first, derTag.octetString).content
    extensions.set(oid, { critical: flag?.content[0] === 0xff, value })
  }
  return extensions
}

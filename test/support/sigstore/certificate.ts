import { createHash, sign, type KeyObject } from 'node:crypto'
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  setOf,
  time,
  utf8,
  contentOf,
} from './der.ts'

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface Extension {
  readonly oid: string
  readonly critical?: boolean
  /** The DER inside the extension's octet string. */
  readonly value: Uint8Array
}

export interface CertificateRequest {
  readonly subject: string
  readonly issuer: string
  readonly serial: Uint8Array
  readonly publicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Extension[]
}

/** Signs a certificate (RFC 5280) with ECDSA and SHA-256; the issuer's key is P-256. */
export function signCertificate(tbs: Uint8Array, issuerKey: KeyObject): Uint8Array {
  return sequence(tbs, sequence(oid('1.2.840.10045.4.3.2')), bits(sign('sha256', tbs, issuerKey)))
}

export function tbsCertificate(request: CertificateRequest): Uint8Array {
  return sequence(
    explicit(0, integer(2)),
    integer(request.serial),
    sequence(oid('1.2.840.10045.4.3.2')),
    name(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    request.subject === '' ? sequence() : name(request.subject),
    spkiOf(request.publicKey),
    explicit(3, sequence(...request.extensions.map(encodeExtension))),
  )
}

/** A name of an organisation and a common name. */
export function name(commonName: string): Uint8Array {
  return sequence(
    setOf(sequence(oid('2.5.4.10'), utf8('assay virtual sigstore'))),
    setOf(sequence(oid('2.5.4.3'), utf8(commonName))),
  )
}

export function spkiOf(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' })
}

export function pemOf(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** What an authority's certificate says about itself; `pathLength` bounds the certificates below. */
export function authorityExtensions(
  keys: { readonly own: KeyObject; readonly issuer: KeyObject },
  pathLength: number,
): Extension[] {
  return [
    { oid: '2.5.29.15', critical: true, value: bits(Uint8Array.of(0x06), 1) },
    { oid: '2.5.29.19', critical: true, value: sequence(boolean(true), integer(pathLength)) },
    ...keyIdentifiers(keys),
  ]
}

/** A leaf's usage: `purpose` is the extended key usage, critical for a timestamp authority (RFC 3161 §2.3). */
export function leafExtensions(
  keys: { readonly own: KeyObject; readonly issuer: KeyObject },
  purpose: { readonly oid: string; readonly critical?: boolean },
): Extension[] {
  return [
    { oid: '2.5.29.15', critical: true, value: bits(Uint8Array.of(0x80), 7) },
    { oid: '2.5.29.37', critical: purpose.critical === true, value: sequence(oid(purpose.oid)) },
    ...keyIdentifiers(keys),
  ]
}

function keyIdentifiers(keys: { readonly own: KeyObject; readonly issuer: KeyObject }): Extension[] {
  return [
    { oid: '2.5.29.14', value: octets(keyIdentifier(keys.own)) },
    {
      oid: '2.5.29.35',
      value: sequence(implicit(0, { content: keyIdentifier(keys.issuer), constructed: false })),
    },
  ]
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 over the key's bits. */
function keyIdentifier(key: KeyObject): Uint8Array {
  const keyInfo = contentOf(spkiOf(key))
  const algorithmLength = 2 + (keyInfo[1] ?? 0)
  return createHash('sha1')
    .update(contentOf(keyInfo.subarray(algorithmLength)).subarray(1))
    .digest()
}

function encodeExtension(extension: Extension): Uint8Array {
  const critical = extension.critical === true ? [boolean(true)] : []
  return sequence(oid(extension.oid), ...critical, octets(extension.value))
}

export function pemOfKey(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

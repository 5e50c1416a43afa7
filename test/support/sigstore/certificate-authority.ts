import { randomBytes, type KeyObject } from 'node:crypto'
import {
  authorityExtensions,
  leafExtensions,
  signCertificate,
  tbsCertificate,
  type Extension,
  type KeyPair,
} from './certificate.ts'
import { beginning, ecKeyPair, end } from './context.ts'
import { sctExtension } from './ct-log.ts'
import { der, explicit, oid, sequence, utf8 } from './der.ts'

/** A root and the authority under it that issues. */
export interface Authority {
  readonly root: Uint8Array
  readonly intermediate: Uint8Array
  readonly keys: KeyPair
  readonly commonName: string
}

/** Who a signing certificate is for, as a Fulcio extension list and a name. */
export interface CertifiedIdentity {
  readonly subject: string
  readonly issuer: string
  /** Further Fulcio extensions by OID suffix under 1.3.6.1.4.1.57264.1: `{ '12': 'https://github.com/a/b' }`. */
  readonly extensions?: Readonly<Record<string, string>>
}

export interface LeafRequest {
  readonly identity: CertifiedIdentity
  readonly publicKey: KeyObject
  readonly at: Date
  /** The log that promises the certificate, and when; none leaves the promise out. */
  readonly ctLog?: KeyPair
  /** Signs the promise over another certificate. */
  readonly otherPromise?: boolean
}

const tenMinutes = 600_000

export function createAuthority(commonName: string): Authority {
  const rootKeys = ecKeyPair()
  const keys = ecKeyPair()
  const rootName = `${commonName} root`
  const validity = { notBefore: beginning, notAfter: end }
  const root = tbsCertificate({
    ...validity,
    subject: rootName,
    issuer: rootName,
    serial: serialNumber(),
    publicKey: rootKeys.publicKey,
    extensions: authorityExtensions({ own: rootKeys.publicKey, issuer: rootKeys.publicKey }, 1),
  })
  const intermediate = tbsCertificate({
    ...validity,
    subject: commonName,
    issuer: rootName,
    serial: serialNumber(),
    publicKey: keys.publicKey,
    extensions: authorityExtensions({ own: keys.publicKey, issuer: rootKeys.publicKey }, 0),
  })
  return {
    root: signCertificate(root, rootKeys.privateKey),
    intermediate: signCertificate(intermediate, rootKeys.privateKey),
    keys,
    commonName,
  }
}

/** A signing certificate as Fulcio issues it: ten minutes, with the promise of a certificate log. */
export function issueSigningCertificate(authority: Authority, request: LeafRequest): Uint8Array {
  const build = (extensions: readonly Extension[]): Uint8Array =>
    tbsCertificate({
      subject: '',
      issuer: authority.commonName,
      serial,
      publicKey: request.publicKey,
      notBefore: request.at,
      notAfter: new Date(request.at.getTime() + tenMinutes),
      extensions,
    })
  const serial = serialNumber()
  const extensions = [
    ...leafExtensions({ own: request.publicKey, issuer: authority.keys.publicKey }, { oid: codeSigning }),
    { oid: '2.5.29.17', critical: true, value: sequence(alternativeName(request.identity.subject)) },
    ...identityExtensions(request.identity),
  ]
  if (request.ctLog === undefined) return signCertificate(build(extensions), authority.keys.privateKey)
  const promised = request.otherPromise === true ? build(extensions.slice(1)) : build(extensions)
  const sct = sctExtension(request.ctLog, { tbs: promised, issuer: authority.keys, at: request.at })
  return signCertificate(build([...extensions, sct]), authority.keys.privateKey)
}

export function serialNumber(): Uint8Array {
  const serial = randomBytes(20)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

const codeSigning = '1.3.6.1.5.5.7.3.3'
const fulcioArc = '1.3.6.1.4.1.57264.1'

/** An address, a URI, or Fulcio's other name for what is neither (fulcio docs/oid-info.md). */
function alternativeName(subject: string): Uint8Array {
  if (subject.includes('://')) return der(0x86, Buffer.from(subject))
  if (subject.includes('@')) return der(0x81, Buffer.from(subject))
  return der(0xa0, oid(`${fulcioArc}.7`), explicit(0, utf8(subject)))
}

function identityExtensions(identity: CertifiedIdentity): Extension[] {
  const others = Object.entries(identity.extensions ?? {}).map(([suffix, value]) => ({
    oid: `${fulcioArc}.${suffix}`,
    value: Number(suffix) < 7 ? Buffer.from(value) : utf8(value),
  }))
  return [
    { oid: `${fulcioArc}.1`, value: Buffer.from(identity.issuer) },
    { oid: `${fulcioArc}.8`, value: utf8(identity.issuer) },
    ...others,
  ]
}

import { createHash, randomBytes, sign } from 'node:crypto'
import { ASN1Obj } from '@sigstore/core'
import { createAuthority, serialNumber } from './certificate-authority.ts'
import { leafExtensions, name, signCertificate, tbsCertificate, type KeyPair } from './certificate.ts'
import { beginning, ecKeyPair, end, hoursAfter, type Context } from './context.ts'
import {
  contentOf,
  explicit,
  generalizedTime,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  setOf,
  time,
} from './der.ts'
import { refusal, type Answer } from './answer.ts'

/** An RFC 3161 timestamp authority that speaks DER. */
export interface TimestampAuthority {
  /** Leaf first, root last. */
  readonly chain: readonly Uint8Array[]
  /** POST /api/v1/timestamp */
  readonly reply: (query: Uint8Array) => Answer
}

interface Signer {
  readonly keys: KeyPair
  readonly certificate: Uint8Array
  readonly serial: Uint8Array
  readonly chain: readonly Uint8Array[]
}

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  policy: '1.3.6.1.4.1.57264.2',
} as const

const commonName = 'virtual timestamp authority'

export function createTimestampAuthority(context: Context): TimestampAuthority {
  const own = createSigner()
  const foreign = createSigner()

  function reply(query: Uint8Array): Answer {
    const request = parseQuery(query)
    if (request === undefined) return refusal(400, 'not a timestamp query')
    const now = context.lies('late-timestamp') ? hoursAfter(context.now(), 1) : context.now()
    const imprint = context.lies('foreign-timestamp') ? { ...request, digest: randomBytes(32) } : request
    const info = tstInfo(imprint, now)
    const signer = context.lies('foreign-timestamp-authority') ? foreign : own
    const token = signedData(info, { signer, at: now, certificates: request.wantsCertificates })
    return {
      status: 200,
      headers: { 'content-type': 'application/timestamp-reply' },
      body: sequence(sequence(integer(0)), token),
    }
  }

  return { chain: own.chain, reply }
}

function createSigner(): Signer {
  const authority = createAuthority(commonName)
  const keys = ecKeyPair()
  const serial = serialNumber()
  const tbs = tbsCertificate({
    subject: `${commonName} signing`,
    issuer: commonName,
    serial,
    publicKey: keys.publicKey,
    notBefore: beginning,
    notAfter: end,
    extensions: leafExtensions(
      { own: keys.publicKey, issuer: authority.keys.publicKey },
      { oid: oids.timeStamping, critical: true },
    ),
  })
  const certificate = signCertificate(tbs, authority.keys.privateKey)
  return { keys, certificate, serial, chain: [certificate, authority.intermediate, authority.root] }
}

interface Query {
  readonly algorithm: string
  readonly digest: Uint8Array
  readonly nonce: Uint8Array | undefined
  readonly wantsCertificates: boolean
}

/** RFC 3161 §2.4.1 */
function parseQuery(query: Uint8Array): Query | undefined {
  const [version, imprint, ...options] = ASN1Obj.parseBuffer(Buffer.from(query)).subs
  const algorithm = imprint?.subs[0]?.subs[0]
  const digest = imprint?.subs[1]
  if (version === undefined || algorithm === undefined || digest === undefined) return undefined
  return {
    algorithm: algorithm.toOID(),
    digest: digest.value,
    nonce: options.find((item) => item.tag.number === 2)?.value,
    wantsCertificates: options.some((item) => item.tag.isBoolean() && item.toBoolean()),
  }
}

/** RFC 3161 §2.4.2 */
function tstInfo(request: Query, at: Date): Uint8Array {
  return sequence(
    integer(1),
    oid(oids.policy),
    sequence(sequence(oid(request.algorithm)), octets(request.digest)),
    integer(serialNumber()),
    generalizedTime(at),
    ...(request.nonce === undefined ? [] : [integer(request.nonce)]),
  )
}

/** RFC 5652 §5: the signature is over the attributes, and they hold the digest of the info. */
function signedData(
  info: Uint8Array,
  options: { readonly signer: Signer; readonly at: Date; readonly certificates: boolean },
): Uint8Array {
  const { signer } = options
  const sha256 = sequence(oid(oids.sha256))
  const certificateId = sequence(octets(createHash('sha256').update(signer.certificate).digest()))
  const attributes = setOf(
    attribute(oids.contentType, oid(oids.tstInfo)),
    attribute(oids.signingTime, time(options.at)),
    attribute(oids.messageDigest, octets(createHash('sha256').update(info).digest())),
    attribute(oids.signingCertificateV2, sequence(sequence(certificateId))),
  )
  const signerInfo = sequence(
    integer(1),
    sequence(name(commonName), integer(signer.serial)),
    sha256,
    implicit(0, { content: contentOf(attributes), constructed: true }),
    sequence(oid(oids.ecdsaWithSha256)),
    octets(sign('sha256', attributes, signer.keys.privateKey)),
  )
  const certificates = options.certificates
    ? [implicit(0, { content: Buffer.concat(signer.chain.slice(0, 2)), constructed: true })]
    : []
  const content = sequence(
    integer(3),
    setOf(sha256),
    sequence(oid(oids.tstInfo), explicit(0, octets(info))),
    ...certificates,
    setOf(signerInfo),
  )
  return sequence(oid(oids.signedData), explicit(0, content))
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(oid(type), setOf(value))
}

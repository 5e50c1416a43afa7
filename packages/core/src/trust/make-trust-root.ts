import { createHash, X509Certificate } from 'node:crypto'
import { isJsonArray, isJsonObject, parseStrictJson, type JsonValue } from '@assay/registry'
import { parseTrustRoot } from './parse-trust-root.ts'
import type { TrustedKey } from './public-key.ts'
import { TrustError } from './trust-error.ts'

interface DescribedAuthority {
  readonly url: string
  /** RFC 3339, UTC. */
  readonly start?: string
  readonly end?: string
}

/** An authority of certificates or timestamps. */
export interface DescribedChain extends DescribedAuthority {
  /** PEM certificates, leaf-most first, the root last. */
  readonly chain: string
}

/** A log of signatures or certificates. */
export interface DescribedLog extends DescribedAuthority {
  readonly start: string
  readonly key: TrustedKey
  /** What its checkpoints call it, where its id is made of that and the key (Rekor v2, static CT logs). */
  readonly origin?: string
}

export interface DescribedTrustRoot {
  readonly fulcio: readonly DescribedChain[]
  readonly timestampAuthorities: readonly DescribedChain[]
  readonly rekor: readonly DescribedLog[]
  readonly certificateLogs: readonly DescribedLog[]
  /** A TrustedRoot document whose authorities come before these, as far as they are kept. */
  readonly base?: {
    readonly document: Uint8Array
    readonly keep: readonly ('certificateAuthorities' | 'timestampAuthorities' | 'tlogs' | 'ctlogs')[]
  }
}

/**
 * Writes a TrustedRoot document that `parseTrustRoot` takes.
 * @throws TrustError MALFORMED_TRUST_ROOT, UNSUPPORTED_KEY
 */
export function makeTrustRoot(described: DescribedTrustRoot): Uint8Array {
  const kept = keptLists(described)
  const document = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [...kept('tlogs'), ...described.rekor.map(logEntry)],
    certificateAuthorities: [...kept('certificateAuthorities'), ...described.fulcio.map(authorityEntry)],
    ctlogs: [...kept('ctlogs'), ...described.certificateLogs.map(logEntry)],
    timestampAuthorities: [
      ...kept('timestampAuthorities'),
      ...described.timestampAuthorities.map(timestampEntry),
    ],
  }
  const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
  parseTrustRoot(bytes)
  return bytes
}

type Lists = NonNullable<DescribedTrustRoot['base']>['keep'][number]

function keptLists({ base }: DescribedTrustRoot): (name: Lists) => readonly JsonValue[] {
  if (base === undefined) return () => []
  parseTrustRoot(base.document)
  const document = parseStrictJson(base.document, { on: 'trusted root' })
  return (name) => {
    const list = isJsonObject(document) && base.keep.includes(name) ? document[name] : undefined
    return list !== undefined && isJsonArray(list) ? list : []
  }
}

/** A certificate authority signs other certificates: any of them may stand first, and a chain of one is a root. */
function authorityEntry({ url, chain, start, end }: DescribedChain): unknown {
  const certificates = certificatesOf(url, chain)
  return {
    uri: url,
    certChain: { certificates: certificates.map(({ raw }) => ({ rawBytes: raw.toString('base64') })) },
    validFor: { start: start ?? new Date(certificates.at(-1)?.validFrom ?? '').toISOString(), end },
  }
}

/** A timestamp authority signs with the first certificate, which no authority's may be. */
function timestampEntry(described: DescribedChain): unknown {
  const [leaf, ...others] = certificatesOf(described.url, described.chain)
  if (leaf?.ca === true || others.length === 0)
    throw malformed(`the chain of ${described.url} does not begin with the certificate that signs timestamps`)
  return authorityEntry(described)
}

const maxCertificates = 10

/** Every certificate of the chain is signed by the next, and the last by itself. */
function certificatesOf(url: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || blocks.length > maxCertificates)
    throw malformed(`the chain of ${url} has ${blocks.length} certificates`)
  const certificates = blocks.map((block) => certificateOf(url, block))
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1] ?? certificate
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw malformed(
        `certificate ${index + 1} of ${url} is not signed by the next, or the last not by itself`,
      )
  }
  return certificates
}

function certificateOf(url: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    if (error instanceof Error)
      throw malformed(`the chain of ${url} holds something that is no certificate`, error)
    throw error
  }
}

function logEntry({ url, key, start, end, origin }: DescribedLog): unknown {
  return {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: Buffer.from(key.spki).toString('base64'),
      keyDetails: keyDetailsOf(key),
      validFor: { start, end },
    },
    logId: { keyId: logIdOf(key, origin).toString('base64') },
  }
}

/** RFC 6962 §3.2 for logs without an origin; else the whole key id of C2SP signed-note (rekor-tiles pkg/note). */
function logIdOf(key: TrustedKey, origin: string | undefined): Buffer {
  const hash = createHash('sha256')
  if (origin === undefined || key.algorithm.startsWith('ecdsa')) return hash.update(key.spki).digest()
  hash.update(`${origin}\n`)
  return key.algorithm === 'ed25519'
    ? hash.update(Buffer.of(1)).update(key.spki.subarray(-32)).digest()
    : hash.update(Buffer.of(0xff)).update('PKIX-RSA-PKCS#1v1.5').update(key.spki).digest()
}

/** sigstore/protobuf-specs sigstore_common.proto PublicKeyDetails. */
function keyDetailsOf(key: TrustedKey): string {
  const bits = key.keyObject.asymmetricKeyDetails?.modulusLength ?? 0
  return {
    'ecdsa-p256': 'PKIX_ECDSA_P256_SHA_256',
    'ecdsa-p384': 'PKIX_ECDSA_P384_SHA_384',
    'ecdsa-p521': 'PKIX_ECDSA_P521_SHA_512',
    ed25519: 'PKIX_ED25519',
    rsa: `PKIX_RSA_PKCS1V15_${bits}_SHA256`,
  }[key.algorithm]
}

function malformed(got: string, cause?: Error): TrustError {
  return new TrustError('MALFORMED_TRUST_ROOT', 'the trusted root cannot be made', { got, cause })
}

import type * as Core from '@sigstore/core'
import type * as Verify from '@sigstore/verify'
import type { SignedEntity, TrustMaterial } from '@sigstore/verify'
import type { CertificateChain, LogAuthority, TrustRoot } from '../trust/trust-root.ts'
import { extensionOids } from '../trust/certificate.ts'
import { childrenOf, readDer } from '../trust/der.ts'
import type { AcceptedTimestamp } from './accept-timestamps.ts'
import type { SignatureCheck } from './check-signature.ts'
import type { SigningKey } from './signing-key.ts'
import type { VerifiedTime } from './proof.ts'
import { VerificationError } from '../refusal/verification-error.ts'

type Libraries = typeof Verify & { readonly core: typeof Core }

export interface SignerClaim {
  readonly signer: SigningKey
  readonly signature: Uint8Array
  readonly holds: SignatureCheck
  /** Times that our log step has verified. */
  readonly logTimes: readonly VerifiedTime[]
  readonly timestamps: readonly AcceptedTimestamp[]
  readonly trust: TrustRoot | undefined
  /** Whether the certificate must be in a certificate transparency log. */
  readonly sct: 'require' | 'insecure-ignore'
}

/**
 * Steps "timestamp", "certificate", "sct" and "signature", by `@sigstore/verify`: the timestamps' signatures and
 * chains, the certificate's chain at every time, its SCTs, the window of a key, and at last the signature. Log
 * entries were verified before; what the library does not look at is in docs/decisions/0003.
 *
 * "The Verifier MUST perform certification path validation (RFC 5280 §6) of the certificate chain with the pre-distributed
 * Fulcio root certificate(s) as a trust anchor, but with a fake 'current time.' […] the Verifier MUST extract the
 * SignedCertificateTimestamp embedded in the leaf certificate, and verify it as in RFC 6962 §3.2." (client spec §4.3)
 * @throws VerificationError INVALID_TIMESTAMP, UNTRUSTED_CERTIFICATE, MISSING_SCT, INVALID_SCT,
 *   KEY_NOT_VALID_AT_TIME, INVALID_SIGNATURE
 */
export async function verifySigner(claim: SignerClaim): Promise<void> {
  const libraries = await load()
  const refused = run(libraries, claim, claim.sct)
  if (refused === undefined) return
  throw explain(refused, { libraries, claim })
}

let loading: Promise<Libraries> | undefined

/** Loaded when the first signature is verified: importing them costs more than verifying. */
async function load(): Promise<Libraries> {
  loading ??= Promise.all([import('@sigstore/verify'), import('@sigstore/core')]).then(([verify, core]) => ({
    ...verify,
    core,
  }))
  return await loading
}

type LibraryError = InstanceType<Libraries['VerificationError']>

/** The library's refusal; undefined where everything holds. */
function run(libraries: Libraries, claim: SignerClaim, sct: SignerClaim['sct']): LibraryError | undefined {
  const verifier = new libraries.Verifier(materialOf(libraries, claim), {
    tlogThreshold: 0,
    ctlogThreshold: sct === 'require' ? 1 : 0,
    timestampThreshold: claim.signer.kind === 'certificate' ? 1 : 0,
  })
  try {
    verifier.verify(entityOf(libraries, claim, sct))
    return undefined
  } catch (error) {
    if (error instanceof libraries.VerificationError) return error
    // The library's parsers throw errors of many kinds on bytes that they do not expect.
    return new libraries.VerificationError({ code: 'CERTIFICATE_ERROR', message: 'malformed', cause: error })
  }
}

function explain(
  refused: LibraryError,
  { libraries, claim }: { readonly libraries: Libraries; readonly claim: SignerClaim },
): VerificationError {
  if (refused.code === 'TIMESTAMP_ERROR')
    return new VerificationError(
      'INVALID_TIMESTAMP',
      'the timestamp does not hold: its authority did not sign it',
      {
        step: 'timestamp',
        cause: refused,
      },
    )
  if (refused.code === 'SIGNATURE_ERROR')
    return new VerificationError('INVALID_SIGNATURE', 'the signature does not hold', {
      step: 'signature',
      cause: refused,
    })
  if (refused.code === 'PUBLIC_KEY_ERROR')
    return new VerificationError('KEY_NOT_VALID_AT_TIME', 'the key was not trusted at the time of signing', {
      step: 'key',
      got: [...claim.logTimes.map(({ at }) => at), ...claim.timestamps.map(({ time }) => time)]
        .map((at) => at.toISOString())
        .join(', '),
      cause: refused,
    })
  return explainCertificate(refused, { libraries, claim })
}

/** The library has one code for chain and SCTs: the chain alone tells which of them it was. */
function explainCertificate(
  refused: LibraryError,
  { libraries, claim }: { readonly libraries: Libraries; readonly claim: SignerClaim },
): VerificationError {
  const withoutScts = run(libraries, claim, 'insecure-ignore')
  if (withoutScts?.code === 'CERTIFICATE_ERROR')
    return new VerificationError('UNTRUSTED_CERTIFICATE', 'no trusted authority issued the certificate', {
      step: 'certificate',
      expected: 'a chain to a certificate authority of the trusted root, valid at the time of signing',
      hint: 'is the trusted root the one of the Sigstore instance that was signed with?',
      cause: refused,
    })
  const { signer } = claim
  const has = signer.kind === 'certificate' && signer.certificate.extensions.has(extensionOids.sct)
  return new VerificationError(
    has ? 'INVALID_SCT' : 'MISSING_SCT',
    has
      ? 'the certificate transparency timestamp is not by a trusted log over this certificate'
      : 'the certificate is not in a certificate transparency log',
    { step: 'sct', cause: refused },
  )
}

function entityOf(libraries: Libraries, claim: SignerClaim, sct: SignerClaim['sct']): SignedEntity {
  const { core } = libraries
  const signature = Buffer.from(claim.signature)
  return {
    // The timestamps may be over an envelope instead of the signature: they get what they are over.
    signature: {
      signature: Buffer.from(claim.timestamps[0]?.over ?? signature),
      compareSignature: (other) => signature.equals(other),
      // Asked for log entries only, and there are none here.
      compareDigest: () => false,
      compareSignedDigest: () => false,
      verifySignature: () => claim.holds(),
    },
    key: keyOf(libraries, claim.signer, sct),
    tlogEntries: [],
    timestamps: [
      ...claim.timestamps.map(({ der }) => ({
        $case: 'timestamp-authority' as const,
        timestamp: core.RFC3161Timestamp.parse(Buffer.from(der)),
      })),
      ...logTimestamps(claim.logTimes),
    ],
  }
}

/** Times that the log step verified, in the form in which the library takes them for granted. */
function logTimestamps(times: readonly VerifiedTime[]): SignedEntity['timestamps'] {
  const seconds = new Set(times.map(({ at }) => String(at.getTime() / 1000)))
  return [...seconds].map((integratedTime) => ({
    $case: 'transparency-log',
    tlogEntry: {
      logIndex: '0',
      logId: { keyId: Buffer.alloc(0) },
      kindVersion: { kind: '', version: '' },
      integratedTime,
      inclusionPromise: { signedEntryTimestamp: Buffer.alloc(0) },
      inclusionProof: undefined,
      canonicalizedBody: Buffer.alloc(0),
    },
  }))
}

/**
 * The library encodes a certificate anew for each comparison and each signature: most of its time goes there. Ours
 * says the bytes that it was read from.
 */
function readCertificate(core: typeof Core, der: Uint8Array): Core.X509Certificate {
  const whole = Buffer.from(der)
  const [tbs] = childrenOf(readDer(whole))
  const certificate = core.X509Certificate.parse(whole)
  certificate.root.toDER = () => whole
  if (tbs !== undefined) certificate.tbsCertificate.toDER = () => Buffer.from(tbs.bytes)
  return certificate
}

function keyOf({ core }: Libraries, signer: SigningKey, sct: SignerClaim['sct']): SignedEntity['key'] {
  if (signer.kind === 'key') return { $case: 'public-key', hint: signer.key.keyId }
  const certificate = readCertificate(core, signer.certificate.der)
  if (sct === 'insecure-ignore') {
    // The library looks for SCTs in a clone, and refuses those of unknown logs even where none is demanded.
    certificate.clone = () => {
      const clone = core.X509Certificate.parse(Buffer.from(signer.certificate.der))
      const at = clone.extensions.findIndex(
        (extension) => extension.subs[0]?.toOID() === core.EXTENSION_OID_SCT,
      )
      if (at >= 0) clone.extensions.splice(at, 1)
      return clone
    }
  }
  return { $case: 'certificate', certificate }
}

function materialOf(libraries: Libraries, { trust, signer, timestamps }: SignerClaim): TrustMaterial {
  const { keyObject, validFor } = signer.key
  // The library tries every authority, which costs most of its time: only one that could have issued it is tried.
  const issuers = (trust?.certificateAuthorities ?? []).filter(
    ({ certificates }) =>
      signer.kind === 'certificate' &&
      certificates.some(({ subject }) => Buffer.compare(subject, signer.certificate.issuer) === 0),
  )
  return {
    certificateAuthorities: issuers.map((chain) => toAuthority(libraries, chain)),
    timestampAuthorities: timestamps.map(({ authority }) => toAuthority(libraries, authority)),
    tlogs: [],
    ctlogs: (trust?.certificateLogs ?? []).map(toLog),
    publicKey: () => ({
      publicKey: keyObject,
      validFor: (time) =>
        validFor === undefined || (validFor.start <= time && time <= (validFor.end ?? endOfTime)),
    }),
  }
}

const endOfTime = new Date(8_640_000_000_000_000)

const authorities = new WeakMap<CertificateChain, TrustMaterial['certificateAuthorities'][number]>()

function toAuthority(
  { core }: Libraries,
  chain: CertificateChain,
): TrustMaterial['certificateAuthorities'][number] {
  const known = authorities.get(chain)
  if (known !== undefined) return known
  const { start, end = endOfTime } = chain.validFor
  const certChain = chain.certificates.map(({ der }) => remembering(readCertificate(core, der)))
  const authority = { certChain, validFor: { start, end } }
  authorities.set(chain, authority)
  return authority
}

/**
 * The certificates of a trusted root do not change, and neither does who of them signed whom: each pair is computed
 * once. They are on large curves, and checking them again would be half of a verification.
 */
function remembering(certificate: Core.X509Certificate): Core.X509Certificate {
  const verify = certificate.verify.bind(certificate)
  const known = new WeakMap<Core.X509Certificate, boolean>()
  certificate.verify = (issuer = certificate) => {
    const holds = known.get(issuer) ?? verify(issuer)
    known.set(issuer, holds)
    return holds
  }
  return certificate
}

function toLog(log: LogAuthority): TrustMaterial['ctlogs'][number] {
  const { start, end = endOfTime } = log.validFor
  return {
    logID: Buffer.from(log.logId),
    baseURL: log.baseUrl,
    publicKey: log.key.keyObject,
    validFor: { start, end },
  }
}

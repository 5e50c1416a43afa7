import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import { extendedKeyUsages, isAuthority, type Certificate } from '../trust/certificate.ts'
import { DerError } from '../trust/der.ts'
import { isWithin } from '../trust/public-key.ts'
import { isOver, parseTimestamp, type TimestampToken } from '../trust/timestamp-token.ts'
import type { CertificateChain, TrustRoot } from '../trust/trust-root.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** A timestamp of a known authority over this signature, whose own signature is still to be checked. */
export interface AcceptedTimestamp {
  readonly der: Uint8Array
  readonly time: Date
  readonly authority: CertificateChain
  /** What its imprint is of. */
  readonly over: Uint8Array
}

const timeStamping = '1.3.6.1.5.5.7.3.8'

/**
 * Step "timestamp", the part that the library leaves out: a timestamp must be over this signature, by a
 * certificate of a trusted authority that is meant for timestamping and for nothing else (RFC 3161 §2.3), within
 * that authority's own window. Timestamps of unknown authorities neither count nor break.
 *
 * "… the Verifier MUST verify the timestamping response using the Timestamping Service root key material, […] with the
 * raw bytes of the signature as the timestamped data." (Sigstore client spec §4.2.1)
 * @throws VerificationError INVALID_TIMESTAMP
 */
export function acceptTimestamps(
  bundle: SignedMaterial,
  trust: TrustRoot | undefined,
): readonly AcceptedTimestamp[] {
  const accepted: AcceptedTimestamp[] = []
  for (const der of bundle.timestamps) {
    const token = parse(der)
    const known = (trust?.timestampAuthorities ?? []).filter(({ certificates: [leaf] }) =>
      isSigner(leaf, token),
    )
    if (known.length === 0) continue
    const authority = known.find(({ validFor }) => isWithin(validFor, token.time))
    if (authority === undefined)
      throw invalid('the authority was not trusted at that time', token.time.toISOString())
    const [leaf] = authority.certificates
    if (leaf === undefined || !isForTimestamping(leaf)) throw invalid('its signer may not sign timestamps')
    const over = signedBytes(bundle, token)
    if (accepted.some((other) => Buffer.compare(other.der, der) === 0))
      throw invalid('it stands twice in the bundle')
    accepted.push({ der, time: token.time, authority, over })
  }
  return accepted
}

function parse(der: Uint8Array): TimestampToken {
  try {
    return parseTimestamp(der)
  } catch (error) {
    if (error instanceof DerError) throw invalid(error.message)
    throw error
  }
}

function isSigner(leaf: Certificate | undefined, { signer }: TimestampToken): boolean {
  return leaf?.serialNumber === signer.serialNumber && Buffer.compare(leaf.issuer, signer.issuer) === 0
}

function isForTimestamping(leaf: Certificate): boolean {
  const usages = extendedKeyUsages(leaf)
  return !isAuthority(leaf) && usages?.length === 1 && usages[0] === timeStamping
}

/**
 * The signature; in cosign v2's legacy attestations the envelope as a whole, which holds the signature. The
 * imprint says which of the two it is.
 */
function signedBytes(bundle: SignedMaterial, token: TimestampToken): Uint8Array {
  const { content } = bundle
  const candidates = [content.signature, content.kind === 'dsse' ? content.envelope : undefined]
  const over = candidates.find((bytes) => bytes !== undefined && isOver(token, bytes))
  if (over === undefined) throw invalid('it is over something else than this signature')
  return over
}

function invalid(message: string, got?: string): VerificationError {
  return new VerificationError('INVALID_TIMESTAMP', `the timestamp does not hold: ${message}`, {
    step: 'timestamp',
    ...(got !== undefined && { got }),
  })
}

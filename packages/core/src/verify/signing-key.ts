import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import {
  extendedKeyUsages,
  isAuthority,
  isSelfIssued,
  maySign,
  parseCertificate,
  unprocessedExtension,
  type Certificate,
} from '../trust/certificate.ts'
import { DerError } from '../trust/der.ts'
import { fulcioIdentity } from '../trust/fulcio-identity.ts'
import type { Identity } from '../trust/identity.ts'
import { keyFromSpki, type TrustedKey } from '../trust/public-key.ts'
import { TrustError } from '../trust/trust-error.ts'
import { signatureCheck } from './check-signature.ts'
import type { SignedContent } from './signed-content.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** The key that is said to have signed. A certificate's is not trusted before its chain is. */
export type SigningKey =
  | { readonly kind: 'key'; readonly key: TrustedKey }
  | {
      readonly kind: 'certificate'
      readonly key: TrustedKey
      readonly certificate: Certificate
      readonly identity: Identity
    }

const codeSigning = '1.3.6.1.5.5.7.3.3'

/**
 * Step "key": the certificate's own form (RFC 5280 §4, fulcio docs/certificate-specification.md), or one of the
 * trusted keys.
 *
 * "An issued certificate MUST: Specify exactly one Subject Alternative Name […]; Specify a Key Usage for Digital Signature;
 * Specify an Extended Key Usage for Code Signing; […] MUST NOT: […] Specify other Extended Key Usages besides Code
 * Signing." (the same)
 * @throws VerificationError INVALID_CERTIFICATE, UNSUPPORTED_KEY, UNTRUSTED_KEY
 */
export async function signingKey(
  bundle: SignedMaterial,
  against: { readonly signed: SignedContent; readonly keys: readonly TrustedKey[] },
): Promise<SigningKey> {
  const { key } = bundle
  if (key.kind === 'hint') return { kind: 'key', key: await trustedKey(key.hint, against) }
  try {
    return certificateKey(key)
  } catch (error) {
    if (error instanceof DerError) throw invalid(error.message, error)
    if (error instanceof TrustError)
      throw new VerificationError('UNSUPPORTED_KEY', 'the certificate is for a key that is not accepted', {
        step: 'key',
        expected: error.expected ?? error.message,
        ...(error.got !== undefined && { got: error.got }),
        cause: error,
      })
    throw error
  }
}

function certificateKey(key: {
  readonly certificate: Uint8Array
  readonly others: readonly Uint8Array[]
}): SigningKey {
  const certificate = parseCertificate(key.certificate)
  if (isAuthority(certificate)) throw new DerError('it is that of an authority')
  if (!maySign(certificate)) throw new DerError('its key is not for signatures')
  const usages = extendedKeyUsages(certificate)
  if (usages?.length !== 1 || usages[0] !== codeSigning)
    throw new DerError('it is not for code signing alone')
  const unprocessed = unprocessedExtension(certificate)
  if (unprocessed !== undefined)
    throw new DerError(`it has the critical extension ${unprocessed}, which we cannot honour`)
  // sigstore_common.proto, X509CertificateChain: signers MUST NOT include root certificates
  if (key.others.some((other) => isSelfIssued(parseCertificate(other))))
    throw new DerError('a root certificate comes along with it')
  return {
    kind: 'certificate',
    key: keyFromSpki(certificate.publicKey),
    certificate,
    identity: fulcioIdentity(certificate),
  }
}

/** A hint is a claim: with one trusted key it decides nothing, with several it says which to take. */
async function trustedKey(
  hint: string,
  { signed, keys }: { readonly signed: SignedContent; readonly keys: readonly TrustedKey[] },
): Promise<TrustedKey> {
  const hinted = keys.filter(({ keyId }) => keyId === hint)
  const [first, ...others] = hinted.length > 0 ? hinted : keys
  if (first === undefined)
    throw new VerificationError('UNTRUSTED_KEY', 'it was signed with a key, and no key is trusted', {
      step: 'key',
      ...(hint !== '' && { got: `key ${hint}` }),
      hint: 'name the public key',
    })
  for (const key of [first, ...others]) {
    const holds = await signatureCheck(key, signed)
    if (others.length === 0 || holds()) return key
  }
  throw new VerificationError('UNTRUSTED_KEY', 'none of the trusted keys made the signature', {
    step: 'key',
    ...(hint !== '' && { got: `key ${hint}` }),
  })
}

function invalid(got: string, cause: Error): VerificationError {
  return new VerificationError('INVALID_CERTIFICATE', 'the signing certificate cannot be used', {
    step: 'key',
    got,
    cause,
  })
}

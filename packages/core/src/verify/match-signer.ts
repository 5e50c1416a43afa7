import type { Identity } from '../trust/identity.ts'
import type { Proof } from './proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { describePattern, matchPattern, type TextPattern } from './text-pattern.ts'
import { VerificationError, type VerificationCode } from '../refusal/verification-error.ts'

/** Who must have signed: one of the trusted keys, or any one of these identities. */
export type SignerDemand =
  | { readonly kind: 'key' }
  | { readonly kind: 'certificate'; readonly identities: readonly IdentityPattern[] }

/** Everything that is named must hold, of one certificate. */
export interface IdentityPattern {
  readonly subject: TextPattern
  /** Without one the certificate must name no issuer: then its authority alone vouches for the subject. */
  readonly issuer?: TextPattern
  /** Fulcio extensions by name, e.g. `sourceRepositoryURI`. */
  readonly extensions?: Readonly<Record<string, TextPattern>>
}

/**
 * Step "identity": whether the signer of a proof is the demanded one; undefined where it is, otherwise why not.
 * The whole subject and the whole issuer are compared, never a part of them (CVE-2026-25542 and its kind). No
 * identities match nobody.
 *
 * "The Verifier MUST then check the certificate against the verification policy." (Sigstore client spec §4.3)
 */
export function matchSigner(proof: Proof, demand: SignerDemand): Refusal | undefined {
  const { signer } = proof
  if (demand.kind === 'key')
    return signer.kind === 'key'
      ? undefined
      : refuse('WRONG_SIGNER_KIND', { expected: 'a trusted key', got: 'a certificate' })
  if (signer.kind === 'key')
    return refuse('WRONG_SIGNER_KIND', { expected: 'a certificate of a named identity', got: 'a key' })
  const refusals = demand.identities.map((pattern) => matchIdentity(signer.identity, pattern))
  if (refusals.includes(undefined)) return undefined
  return (
    closest(refusals.filter((refusal) => refusal !== undefined)) ??
    refuse('IDENTITY_MISMATCH', { expected: 'an identity, and none was named' })
  )
}

function matchIdentity(identity: Identity, pattern: IdentityPattern): Refusal | undefined {
  return (
    matchPresence(identity, pattern) ??
    compare('IDENTITY_MISMATCH', pattern.subject, identity.subject) ??
    (pattern.issuer && compare('ISSUER_MISMATCH', pattern.issuer, identity.issuer)) ??
    matchExtensions(identity, pattern)
  )
}

/** An absent issuer is empty, and must not be matched by an expression that allows nothing at all. */
function matchPresence({ issuer }: Identity, pattern: IdentityPattern): Refusal | undefined {
  if (pattern.issuer === undefined && issuer !== '')
    return refuse('ISSUER_MISMATCH', { expected: 'a certificate without an issuer', got: issuer })
  if (pattern.issuer !== undefined && issuer === '')
    return refuse('ISSUER_MISMATCH', {
      expected: describePattern(pattern.issuer),
      got: 'a certificate without an issuer',
    })
  return undefined
}

function matchExtensions(identity: Identity, { extensions = {} }: IdentityPattern): Refusal | undefined {
  for (const [name, pattern] of Object.entries(extensions)) {
    const value = identity.extensions[name]
    if (value === undefined)
      return refuse('EXTENSION_MISMATCH', {
        expected: `${name} ${describePattern(pattern)}`,
        got: `a certificate without ${name}`,
      })
    const refusal = compare('EXTENSION_MISMATCH', pattern, value)
    if (refusal !== undefined) return { ...refusal, expected: `${name} ${describePattern(pattern)}` }
  }
  return undefined
}

function compare(code: VerificationCode, pattern: TextPattern, text: string): Refusal | undefined {
  const match = matchPattern(pattern, text)
  if (match === 'match') return undefined
  return refuse(code, {
    expected: describePattern(pattern),
    got: text,
    ...(match === 'inside' && {
      hint: 'the expression matches a part only; it must match from the first to the last character',
    }),
  })
}

/** Of several identities, the one that failed last says most: its other parts were right. */
function closest(refusals: readonly Refusal[]): Refusal | undefined {
  const order: readonly VerificationCode[] = ['EXTENSION_MISMATCH', 'ISSUER_MISMATCH', 'IDENTITY_MISMATCH']
  const best = order.flatMap((code) => refusals.filter((refusal) => refusal.code === code))[0]
  if (best === undefined || refusals.length === 1) return best
  return {
    ...best,
    expected: `${best.expected ?? ''} (the closest of ${refusals.length} accepted identities)`,
  }
}

const messages: Partial<Record<VerificationCode, string>> = {
  WRONG_SIGNER_KIND: 'it was signed in another way than demanded',
  IDENTITY_MISMATCH: 'it was signed by another identity',
  ISSUER_MISMATCH: "the signer's identity was vouched for by another issuer",
  EXTENSION_MISMATCH: 'the certificate says something else about the build',
}

function refuse(
  code: VerificationCode,
  details: { readonly expected: string; readonly got?: string; readonly hint?: string },
): Refusal {
  return toRefusal(new VerificationError(code, messages[code] ?? code, { step: 'identity', ...details }))
}

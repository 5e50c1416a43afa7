import type { Call, ContentSource, Descriptor, Digest } from '@assay/registry'
import type { TrustedKey } from '../trust/public-key.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import { matchContent, type ContentDemand } from '../verify/match-content.ts'
import { matchSigner, type SignerDemand } from '../verify/match-signer.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import type { AttachmentVerdict } from './verify-attachment.ts'
import { faultsOf, verifyAttached } from './verify-attachments.ts'

/** What must be proven about an image. */
export interface ImageDemand {
  readonly signer: SignerDemand
  readonly content: ContentDemand
  readonly trust?: TrustRoot
  readonly keys?: readonly TrustedKey[]
  readonly now: Date
  readonly transparencyLog: 'require' | 'insecure-ignore'
  readonly sct: 'require' | 'insecure-ignore'
  readonly minimumLogs?: number
  readonly minimumTimestamps?: number
  /** How old the verified time may be, in milliseconds; the earliest time counts. */
  readonly maximumAge?: number
}

/** What was found: the image is verified if there is at least one proof that meets the demand. */
export interface ImageVerification {
  readonly subject: Digest
  readonly demand: Pick<ImageDemand, 'signer' | 'content'>
  /** Each of them meets the whole demand. */
  readonly proofs: readonly Proof[]
  readonly refused: readonly RefusedAttachment[]
}

export interface RefusedAttachment {
  readonly source: ProofSource
  readonly refusal: Refusal
  /** The proof, where everything held and it was only not what was asked for. */
  readonly proof?: Proof
}

/**
 * Looks for what is attached to an image and verifies all of it. One that meets the whole demand suffices; the
 * others say why they do not, so that "no" is explained.
 * @throws RegistryError where the place cannot be read: that is "could not tell", never "no"
 */
export async function verifyImage(
  source: ContentSource,
  subject: Descriptor,
  options: ImageDemand & Call,
): Promise<ImageVerification> {
  const verdicts = await verifyAttached(source, subject, options)
  const proofs: Proof[] = []
  const refused: RefusedAttachment[] = []
  for (const verdict of verdicts) {
    const unmet = unmetBy(verdict, options)
    if (unmet !== undefined) refused.push(unmet)
    else if (verdict.status === 'verified') proofs.push(verdict.proof)
  }
  const [fault] = faultsOf(verdicts)
  if (proofs.length === 0 && fault !== undefined) throw fault
  return {
    subject: subject.digest,
    demand: { signer: options.signer, content: options.content },
    proofs,
    refused,
  }
}

/** Why a verdict does not count; undefined where all of the demand is met by this one proof. */
export function unmetBy(verdict: AttachmentVerdict, demand: ImageDemand): RefusedAttachment | undefined {
  if (verdict.status === 'refused') return { source: verdict.source, refusal: verdict.refusal }
  const { proof } = verdict
  const refusal =
    matchContent(proof, demand.content) ?? matchSigner(proof, demand.signer) ?? matchAge(proof, demand)
  return refusal === undefined ? undefined : { source: proof.source, refusal, proof }
}

function matchAge(proof: Proof, { maximumAge, now }: ImageDemand): Refusal | undefined {
  if (maximumAge === undefined) return undefined
  const times = proof.times.map(({ at }) => at.getTime())
  const oldest = new Date(now.getTime() - maximumAge)
  if (times.length > 0 && Math.min(...times) >= oldest.getTime()) return undefined
  return toRefusal(
    new VerificationError('TOO_OLD', 'it was signed too long ago', {
      step: 'content',
      expected: `not before ${oldest.toISOString()}`,
      got: times.length === 0 ? 'no verified time' : new Date(Math.min(...times)).toISOString(),
    }),
  )
}

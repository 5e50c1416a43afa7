import { setImmediate as nextTurn } from 'node:timers/promises'
import { checkAborted, isAbort, type Call, type Digest, type RegistryError } from '@assay/registry'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { toRefusal, type Refusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { verifyBundle, type VerifyOptions } from '../verify/verify-bundle.ts'
import { materialOf } from './attached-material.ts'
import type { Attachment } from './attachment.ts'

export type AttachmentVerdict =
  | { readonly status: 'verified'; readonly proof: Proof }
  | {
      readonly status: 'refused'
      readonly source: ProofSource
      readonly refusal: Refusal
      /** A fault of ours, which judged nothing: where nothing else decides, it is "could not tell", not "no". */
      readonly fault?: Error
      /** Its content was not to be had: what else holds, holds; what it would have said, nobody knows. */
      readonly lost?: RegistryError
    }

/**
 * Verifies one attachment. A refusal is an answer, not an error; what form it has is decided by what is there. Since
 * verifying is all computation, each begins with a turn of the event loop, in which a signal can be noticed; a time
 * limit is noticed in the middle of the computation, too.
 * @throws RegistryError ABORTED, TIMED_OUT
 */
export async function verifyAttachment(
  attachment: Attachment,
  subject: Digest,
  options: Omit<VerifyOptions, 'subject' | 'source'> & Call,
): Promise<AttachmentVerdict> {
  await nextTurn()
  checkAborted(options)
  const source = sourceOf(attachment)
  if (attachment.kind === 'unusable') {
    const { refusal, lost } = attachment
    return { status: 'refused', source, refusal, ...(lost !== undefined && { lost }) }
  }
  const interrupt = (): void => checkAborted(options)
  return await verifyMaterial(() => materialOf(attachment, { interrupt }), {
    ...options,
    subject,
    source,
    interrupt,
  })
}

/**
 * Parses and verifies something signed; that it does not parse is a refusal, too. A fault of ours on the way is kept
 * with it: whoever may attach something to an image must not be able to end the run for it and for all others.
 * @throws RegistryError ABORTED, TIMED_OUT from `interrupt`
 */
export async function verifyMaterial(
  parse: () => SignedMaterial,
  options: VerifyOptions,
): Promise<AttachmentVerdict> {
  const { source } = options
  try {
    return { status: 'verified', proof: await verifyBundle(parse(), options) }
  } catch (error) {
    if (isAbort(error)) throw error
    if (error instanceof VerificationError) return { status: 'refused', source, refusal: toRefusal(error) }
    const fault = error instanceof Error ? error : new Error(String(error))
    return { status: 'refused', source, refusal: toRefusal(unjudged(fault)), fault }
  }
}

/** What to say of an attachment on which we stumbled. */
export function unjudged(cause: Error): VerificationError {
  return new VerificationError(
    'UNUSABLE_ATTACHMENT',
    'the attachment cannot be used: it could not be judged',
    {
      step: 'attachment',
      got: `${cause.name}: ${cause.message}`.slice(0, 200),
      cause,
    },
  )
}

function sourceOf(attachment: Attachment): ProofSource {
  const { kind, manifest } = attachment
  return kind === 'legacy-signature' || kind === 'legacy-attestation'
    ? { kind: 'legacy', layer: attachment.layer, format: 'legacy' }
    : { kind: 'referrer', manifest, format: 'bundle' }
}

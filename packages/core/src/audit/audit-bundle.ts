import { checkAborted, RegistryError, type Call, type Digest } from '@assay/registry'
import type { DetachedSubject } from '../attach/verify-detached.ts'
import { verifyMaterial, type AttachmentVerdict } from '../attach/verify-attachment.ts'
import { claimedSubject } from '../bundle/claimed-subject.ts'
import { parseDetached } from '../bundle/parse-detached.ts'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import { toRefusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import type { AuditOptions } from './audit-image.ts'

export interface BundleAudit {
  /** What it was verified against; missing where the bundle itself names nothing. */
  readonly subject?: Digest
  /** Whether the subject is the bundle's own claim: then nothing ties it to anything at hand. */
  readonly claimed: boolean
  readonly verdict: AttachmentVerdict
}

const source = { kind: 'file', format: 'bundle' } as const

/** Verifies a bundle file, whoever signed it: about the given subject, or about what it claims to be about. */
export async function auditBundle(
  bytes: Uint8Array,
  given: DetachedSubject | undefined,
  options: AuditOptions & Call,
): Promise<BundleAudit> {
  try {
    const interrupt = (): void => checkAborted(options)
    const material = parseDetached(bytes, { interrupt })
    const subject = given ?? claim(material)
    const artifact = subject.bytes === undefined ? {} : { artifact: subject.bytes }
    const verdict = await verifyMaterial(() => material, {
      ...options,
      subject: subject.digest,
      source,
      interrupt,
      ...artifact,
    })
    return { subject: subject.digest, claimed: given === undefined, verdict }
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    return { claimed: given === undefined, verdict: { status: 'refused', source, refusal: toRefusal(error) } }
  }
}

function claim(material: SignedMaterial): DetachedSubject {
  let digest: Digest | undefined
  let cause: Error | undefined
  try {
    digest = claimedSubject(material)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    cause = error
  }
  if (digest !== undefined) return { digest }
  throw new VerificationError('SUBJECT_MISMATCH', 'the bundle does not say what it is about', {
    step: 'subject',
    hint: 'name the file or digest that it is about',
    cause,
  })
}

import { fetchManifest, type Call, type ContentSource, type Descriptor, type Digest } from '@assay/registry'
import type { VerifyOptions } from '../verify/verify-bundle.ts'
import { withContents } from './attached-content.ts'
import type { FoundAttachment } from './attachment.ts'
import { findAttachments } from './find-attachments.ts'
import { verifyAttachment, type AttachmentVerdict } from './verify-attachment.ts'

/** How attachments are verified; what they are about is the image that they hang on. */
export type AttachmentOptions = Omit<VerifyOptions, 'subject' | 'source' | 'artifact' | 'interrupt'>

/**
 * Looks for what is attached to an image and verifies all of it, in the order of the place. The image's own manifest
 * is read and hashed, too: what else a statement says about its bytes has to be true.
 * @throws RegistryError where the place cannot be read: that is "could not tell", never "no"
 */
export async function verifyAttached(
  source: ContentSource,
  subject: Descriptor,
  options: AttachmentOptions & Call,
): Promise<readonly AttachmentVerdict[]> {
  const call: Call = options.signal === undefined ? {} : { signal: options.signal }
  const [{ bytes }, attachments] = await Promise.all([
    fetchManifest(source, subject, call),
    findAttachments(source, subject.digest, call),
  ])
  return await verifyAttachments(attachments, { digest: subject.digest, bytes }, options)
}

/** Verifies attachments that were found already: each of them, whatever became of the others. */
export async function verifyAttachments(
  attachments: readonly FoundAttachment[],
  subject: { readonly digest: Digest; readonly bytes: Uint8Array },
  options: AttachmentOptions & Call,
): Promise<readonly AttachmentVerdict[]> {
  return await withContents(attachments, (attachment) =>
    verifyAttachment(attachment, subject.digest, { ...options, artifact: subject.bytes }),
  )
}

/**
 * The faults of ours among the verdicts: attachments that nobody judged. Where nothing else decides, the answer is
 * "could not tell".
 */
export function faultsOf(verdicts: readonly AttachmentVerdict[]): readonly Error[] {
  return verdicts.flatMap((verdict) =>
    verdict.status === 'refused' && verdict.fault !== undefined ? [verdict.fault] : [],
  )
}

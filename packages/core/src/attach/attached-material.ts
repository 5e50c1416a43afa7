import type { Interruptible } from '@assay/registry'
import { parseBundle } from '../bundle/parse-bundle.ts'
import { parseLegacyAttestation, parseLegacySignature } from '../bundle/parse-legacy.ts'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { Attachment } from './attachment.ts'

/**
 * What was signed and all that came with it, in the one form that verification reads. The kind of the attachment
 * decides how it is read, nothing else.
 * @throws VerificationError MALFORMED_BUNDLE
 */
export function materialOf(
  attachment: Exclude<Attachment, { readonly kind: 'unusable' }>,
  reading: Interruptible = {},
): SignedMaterial {
  if (attachment.kind === 'bundle') return parseBundle(attachment.bytes, reading)
  const annotations = attachment.layer.annotations ?? {}
  return attachment.kind === 'legacy-signature'
    ? parseLegacySignature(attachment.bytes, annotations)
    : parseLegacyAttestation(attachment.bytes, annotations, reading)
}

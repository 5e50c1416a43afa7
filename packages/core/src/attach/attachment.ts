import type { Descriptor, RegistryError } from '@assay/registry'
import type { Refusal } from '../refusal/refusal.ts'
import type { AttachedContent } from './attached-content.ts'

/** What an attachment is: its form follows from where it hangs and from its layer, never from what failed. */
export type AttachmentKind =
  /** A Sigstore bundle, the layer of a referrer. */
  | 'bundle'
  /** A layer under cosign's tag `sha256-<hex>.sig`: a payload and annotations. */
  | 'legacy-signature'
  /** A layer under cosign's tag `sha256-<hex>.att`: a DSSE envelope and annotations. */
  | 'legacy-attestation'

interface Place {
  readonly kind: AttachmentKind
  readonly manifest: Descriptor
  readonly layer: Descriptor
}

/** It claims to be an attachment and cannot be used; a refusal instead of silence. */
export interface UnusableAttachment {
  readonly kind: 'unusable'
  readonly manifest: Descriptor
  readonly layer?: Descriptor
  readonly refusal: Refusal
  /** Set where its bytes are not those that its digest promises: what it says, nobody has seen. */
  readonly lost?: RegistryError
}

/** Something attached to an image that may prove something about it, its bytes still to be read. */
export type FoundAttachment = (Place & { readonly content: AttachedContent }) | UnusableAttachment

/** The same with its bytes. Nothing in it is verified. */
export type Attachment = (Place & { readonly bytes: Uint8Array }) | UnusableAttachment

import type { Descriptor } from '@assay/registry'
import type { Refusal } from '../refusal/refusal.ts'

/** Something attached to an image that may prove something about it. Nothing in it is verified. */
export type Attachment =
  /** A Sigstore bundle, the layer of a referrer. */
  | {
      readonly kind: 'bundle'
      readonly manifest: Descriptor
      readonly layer: Descriptor
      readonly bytes: Uint8Array
    }
  /** A layer under cosign's tag `sha256-<hex>.sig`: a payload and annotations. */
  | {
      readonly kind: 'legacy-signature'
      readonly manifest: Descriptor
      readonly layer: Descriptor
      readonly bytes: Uint8Array
    }
  /** A layer under cosign's tag `sha256-<hex>.att`: a DSSE envelope and annotations. */
  | {
      readonly kind: 'legacy-attestation'
      readonly manifest: Descriptor
      readonly layer: Descriptor
      readonly bytes: Uint8Array
    }
  /** It claims to be one of the above and cannot be used; a refusal instead of silence. */
  | {
      readonly kind: 'unusable'
      readonly manifest: Descriptor
      readonly layer?: Descriptor
      readonly refusal: Refusal
    }

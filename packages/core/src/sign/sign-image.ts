import type { Call, ContentStore, Descriptor } from '@assay/registry'
import { attachBundle, type AttachedBundle } from '../attach/attach-bundle.ts'
import { printBundle } from '../bundle/print-bundle.ts'
import { attestationStatement } from '../statement/attestation-statement.ts'
import { predicateTypeOf } from '../statement/predicate-types.ts'
import { signatureStatement } from '../statement/signature-statement.ts'
import { cosignSignPredicateType } from '../statement/statement.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import type { Proof } from '../verify/proof.ts'
import { checkMadeBundle } from './check-made-bundle.ts'
import { signStatement, type SigningOptions } from './sign-payload.ts'

export interface ImageSigningOptions extends SigningOptions {
  /** What the finished bundle is verified against; needed for everything but a key without witnesses. */
  readonly trust?: TrustRoot
  /** The clock; read before and after the services were asked. */
  readonly now: () => Date
}

export interface SignImageOptions extends ImageSigningOptions {
  readonly annotations?: Readonly<Record<string, string>>
}

export interface AttestImageOptions extends ImageSigningOptions {
  /** A short name of cosign's, or the predicate type itself. */
  readonly type: string
  /** The predicate file as it is. */
  readonly predicate: Uint8Array
  /** What the subject is called: the repository of the image. */
  readonly subjectName: string
}

/** What was signed, where it hangs, and the proof that it verifies: signer, times and log entries. */
export interface SignedImage extends AttachedBundle {
  readonly subject: Descriptor
  readonly predicateType: string
  readonly proof: Proof
}

/** An image in its place. */
export interface ImageInStore {
  readonly store: ContentStore
  readonly subject: Descriptor
}

/**
 * Signs an image by its digest, verifies the signature and attaches it. Nothing is attached unless everything held.
 * @throws SigningError, StatementError INVALID_ANNOTATION, RegistryError
 */
export async function signImage(
  image: ImageInStore,
  options: SignImageOptions,
  call: Call = {},
): Promise<SignedImage> {
  const payload = signatureStatement(image.subject.digest, options.annotations)
  return publish(image, { ...options, payload, predicateType: cosignSignPredicateType }, call)
}

/**
 * Signs a statement about an image, with a predicate that fits its type, verifies it and attaches it. Nothing is
 * attached unless everything held.
 * @throws SigningError, StatementError, RegistryError
 */
export async function attestImage(
  image: ImageInStore,
  options: AttestImageOptions,
  call: Call = {},
): Promise<SignedImage> {
  const payload = attestationStatement(image.subject.digest, { ...options, createdAt: options.now() })
  return publish(image, { ...options, payload, predicateType: predicateTypeOf(options.type) }, call)
}

async function publish(
  { store, subject }: ImageInStore,
  options: ImageSigningOptions & { readonly payload: Uint8Array; readonly predicateType: string },
  call: Call,
): Promise<SignedImage> {
  const made = await signStatement(options.payload, options, call)
  const bundle = printBundle(made.bundle)
  const { witnesses, trust, predicateType } = options
  const proof = await checkMadeBundle({
    bundle,
    signature: made.signature,
    subject: subject.digest,
    witnesses,
    now: options.now(),
    ...(trust !== undefined && { trust }),
  })
  const attached = await attachBundle(store, subject, {
    bundle,
    predicateType,
    createdAt: options.now(),
    ...call,
  })
  return { ...attached, subject, predicateType, proof }
}

import type { Call, ContentStore, Descriptor } from '@assay/registry'
import { attestationStatement } from '../statement/attestation-statement.ts'
import { predicateTypeOf } from '../statement/predicate-types.ts'
import { statementAbout } from '../statement/statement-about.ts'
import {
  makeImageSignature,
  type Claim,
  type ImageSignature,
  type SignatureForm,
  type VerifiedSigningOptions,
} from './image-signature.ts'
import { manifestsOf } from './manifests-of.ts'

export interface ImageSigningOptions extends VerifiedSigningOptions {
  /** Every form is a signature of its own; bundles unless given. */
  readonly forms?: readonly [SignatureForm, ...SignatureForm[]]
  /** Whether it is attached to the image; otherwise `content` is all there is. True unless given. */
  readonly attach?: boolean
}

export interface SignImageOptions extends ImageSigningOptions {
  readonly annotations?: Readonly<Record<string, string>>
  /** The repository that legacy signatures name; decides nothing. */
  readonly repository?: string
  /** Every manifest of an index, too: some clusters ask for the one of their platform. */
  readonly recursive?: boolean
}

export interface AttestImageOptions extends ImageSigningOptions {
  readonly statement:
    | {
        /** A short name of cosign's, or the predicate type itself. */
        readonly type: string
        /** The predicate file as it is. */
        readonly predicate: Uint8Array
        /** What the subject is called: the repository of the image. */
        readonly subjectName: string
      }
    /** A whole statement, signed as it is; it has to be about the image. */
    | { readonly bytes: Uint8Array }
}

/** What was signed, where it hangs, and the proof that it verifies: signer, times and log entries. */
export interface SignedImage extends Omit<ImageSignature, 'attach'> {
  /** The manifest that holds it; missing where it was not to be attached. */
  readonly manifest?: Descriptor
}

/** An image in its place. */
export interface ImageInStore {
  readonly store: ContentStore
  readonly subject: Descriptor
}

/**
 * Signs an image by its digest, verifies the signatures and attaches them. Nothing is attached unless everything
 * that was asked for is signed and held. Platforms come before the index that lists them.
 * @throws SigningError, StatementError INVALID_ANNOTATION, RegistryError
 */
export async function signImage(
  image: ImageInStore,
  options: SignImageOptions,
  call: Call = {},
): Promise<readonly SignedImage[]> {
  const { annotations = {}, repository = '', recursive = false } = options
  const subjects = recursive ? await manifestsOf(image.store, image.subject, call) : [image.subject]
  const claim: Claim = { kind: 'signature', annotations, repository }
  const claims = subjects.map((subject) => ({ subject, claim }))
  return publish({ store: image.store, claims }, options, call)
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
): Promise<readonly SignedImage[]> {
  const { store, subject } = image
  return publish({ store, claims: [{ subject, claim: claimOf(subject, options) }] }, options, call)
}

export interface AttestImagesOptions extends ImageSigningOptions {
  /** In the order in which they are attached. */
  readonly attestations: readonly (Pick<AttestImageOptions, 'statement'> & { readonly subject: Descriptor })[]
}

/**
 * Signs a statement about each of several images of one place, as `attestImage`. Nothing is attached unless all of
 * them held.
 * @throws SigningError, StatementError, RegistryError
 */
export async function attestImages(
  store: ContentStore,
  { attestations, ...options }: AttestImagesOptions,
  call: Call = {},
): Promise<readonly SignedImage[]> {
  const claims = attestations.map(({ subject, statement }) => ({
    subject,
    claim: claimOf(subject, { ...options, statement }),
  }))
  return publish({ store, claims }, options, call)
}

function claimOf(subject: Descriptor, { statement, now }: AttestImageOptions): Claim {
  if ('bytes' in statement) {
    const { predicateType } = statementAbout(subject.digest, statement.bytes)
    return { kind: 'statement', payload: statement.bytes, predicateType }
  }
  const payload = attestationStatement(subject.digest, { ...statement, createdAt: now() })
  return { kind: 'statement', payload, predicateType: predicateTypeOf(statement.type) }
}

async function publish(
  images: {
    readonly store: ContentStore
    readonly claims: readonly { readonly subject: Descriptor; readonly claim: Claim }[]
  },
  options: ImageSigningOptions,
  call: Call,
): Promise<readonly SignedImage[]> {
  const made: ImageSignature[] = []
  for (const { subject, claim } of images.claims) {
    for (const form of options.forms ?? (['bundle'] as const)) {
      // One after the other: nobody floods a service, and the first refusal ends it.
      // oxlint-disable-next-line no-await-in-loop -- see above
      made.push(await makeImageSignature(subject, { ...options, claim, form }, call))
    }
  }
  const signed: SignedImage[] = []
  for (const { attach, ...signature } of made) {
    // oxlint-disable-next-line no-await-in-loop -- in order, so that an index is signed only after its platforms
    const manifest = options.attach === false ? undefined : await attach(images.store, call)
    signed.push({ ...signature, ...(manifest !== undefined && { manifest }) })
  }
  return signed
}

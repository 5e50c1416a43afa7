import { attestImages, makeSboms, type OpenedImage, type SignedImage } from '@assay/core'
import { redact, type Call } from '@assay/registry'
import type { Io } from './io.ts'
import type { ImageClaimOption } from './options/image-claim.ts'
import type { SignaturePlace } from './options/signature-place.ts'
import type { Signing } from './options/signing.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

export interface SbomAttestation {
  readonly image: OpenedImage
  readonly claim: Extract<ImageClaimOption, { readonly generate: unknown }>
  readonly signing: Signing
  readonly place: SignaturePlace
  readonly created: Date | undefined
}

/** Makes the SBOM of an image, or of every platform of an index, signs them all, and then attaches each to its image. */
export async function attestSboms(
  io: Io,
  { image, claim, signing, place, created }: SbomAttestation,
  call: Call,
): Promise<readonly SignedImage[]> {
  const made = await makeSboms(image.store, image.root, {
    reference: image.name,
    format: claim.generate,
    toolVersion: version,
    allowIncomplete: claim.allowIncomplete,
    ...(created !== undefined && { created }),
    call,
  })
  if (place.bundleFile !== undefined && made.length > 1)
    throw new UsageError('USAGE', 'one file holds one bundle', { got: `${made.length} platforms` })
  for (const { gaps, platform } of made)
    for (const gap of gaps)
      await io.writeErr(`warning: the SBOM of ${redact(platform)} is not complete: ${redact(gap)}\n`)
  const attestations = await Promise.all(
    made.map(async ({ digest, content }) => ({
      subject: await image.store.resolve(digest, call),
      statement: { type: claim.type, predicate: content, subjectName: image.place },
    })),
  )
  return attestImages(image.store, { ...signing, ...place, attestations }, call)
}

import {
  fetchManifest,
  isManifestType,
  readAll,
  RegistryError,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
} from '@assay/registry'
import type { Attachment } from '../attach/attachment.ts'
import { tagsOf } from '../attach/attached-tags.ts'
import { withContents } from '../attach/attached-content.ts'
import { claimOf } from '../attach/claims.ts'
import { findAttachments, maxReferrers } from '../attach/find-attachments.ts'
import { maxBundleSize } from '../bundle/parse-bundle.ts'
import { sbomMediaTypes } from './sbom-types.ts'

/** A file that is attached to an image, as it is: nothing in it is verified. */
export interface AttachedSbom {
  readonly manifest: Descriptor
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** Something signed that is attached, with what it says of itself. */
export interface SignedAttachment {
  readonly attachment: Exclude<Attachment, { readonly kind: 'unusable' }>
  readonly claims: 'signature' | 'attestation' | 'unreadable'
  readonly predicateType?: string
}

/**
 * What is signed and attached to an image: bundles, and cosign's older signatures and attestations.
 * @throws RegistryError MALFORMED_CONTENT for one that cannot be had: what is left out silently would be missed
 */
export async function signedAttachments(
  source: ContentSource,
  subject: Digest,
  call: Call,
): Promise<readonly SignedAttachment[]> {
  const found = await findAttachments(source, subject, call)
  // Parsing is all computation: nothing in it waits.
  return await withContents(found, async (attachment) => {
    if (attachment.kind === 'unusable')
      throw new RegistryError('MALFORMED_CONTENT', attachment.refusal.message, {
        on: attachment.manifest.digest,
      })
    const claim = claimOf(attachment)
    return {
      attachment,
      claims: claim.kind,
      ...('predicateType' in claim &&
        claim.predicateType !== undefined && { predicateType: claim.predicateType }),
    }
  })
}

/** The SBOMs that are attached to an image unsigned: as referrers, and under cosign's tag. */
export async function attachedSboms(
  source: ContentSource,
  subject: Digest,
  call: Call,
): Promise<readonly AttachedSbom[]> {
  const manifests: Descriptor[] = []
  for await (const { mediaType, digest, size } of source.referrers(subject, call)) {
    if (manifests.length === maxReferrers) throw tooMany(subject)
    if (isManifestType(mediaType)) manifests.push({ mediaType, digest, size })
  }
  const tags = (await tagsOf(source, subject, call)).filter(({ suffix }) => suffix === 'sbom')
  const found: AttachedSbom[] = []
  // One after the other: each may be large.
  const keep = (sbom: AttachedSbom | undefined): void => {
    if (sbom !== undefined) found.push(sbom)
  }
  for (const each of manifests) keep(await sbomIn(source, each, { subject, call }))
  for (const { manifest } of tags) keep(await sbomIn(source, manifest, { call }))
  return found
}

/** A referrer counts if it says itself that it is about the image (attack I-08). */
async function sbomIn(
  source: ContentSource,
  manifest: Descriptor,
  { subject, call }: { readonly subject?: Digest; readonly call: Call },
): Promise<AttachedSbom | undefined> {
  const found = await fetchManifest(source, manifest, call)
  if (found.kind !== 'manifest' || (subject !== undefined && found.subject?.digest !== subject))
    return undefined
  const [layer, ...others] = found.layers.filter(({ mediaType }) => sbomMediaTypes.has(mediaType))
  if (layer === undefined || others.length > 0) return undefined
  const bytes = await readAll(source.open(layer, call), { limit: maxBundleSize, on: layer.digest })
  return { manifest, mediaType: layer.mediaType, bytes }
}

function tooMany(subject: Digest): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'too much is attached to the image', {
    on: subject,
    expected: `at most ${maxReferrers} referrers`,
  })
}

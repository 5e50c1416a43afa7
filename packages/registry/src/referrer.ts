import type { Descriptor } from './descriptor.ts'
import { digestAlgorithm, digestHex, type Digest } from './digest.ts'
import type { AnyManifest } from './manifest.ts'

/**
 * The descriptor by which a referrer is listed: its type is its `artifactType`, else that of its config, and
 * its annotations come along (OCI distribution-spec, "Listing Referrers").
 */
export function referrerDescriptor(manifest: AnyManifest): Descriptor {
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined)
  const { mediaType, digest, size } = manifest.descriptor
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(Object.keys(manifest.annotations).length > 0 && { annotations: manifest.annotations }),
  }
}

/** The tag under which referrers are listed where the API is missing (OCI distribution-spec, "Referrers Tag Schema"). */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}`
}

/** What cosign attaches under a tag of its own: signatures, attestations, SBOMs. */
export const attachmentSuffixes = ['sig', 'att', 'sbom'] as const
export type AttachmentSuffix = (typeof attachmentSuffixes)[number]

/** The tag under which cosign's older versions attach something: `sha256-<hex>.sig`. */
export function attachmentTag(subject: Digest, suffix: AttachmentSuffix): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject)}.${suffix}`
}

/** Whether a tag is one of tools, not of people: the referrers tag, or cosign's `.sig`, `.att`, `.sbom`. */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag)
}

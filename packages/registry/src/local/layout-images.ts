import type { Call, ContentSource } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { fetchManifest } from '../parse-manifest.ts'
import { isAttachmentTag } from '../referrer.ts'
import { refName } from './layout-index.ts'

/** The annotation by which `cosign save` tells an image from what is attached to it. */
const cosignKind = 'kind'
const cosignImage = 'dev.cosignproject.cosign/image'
const cosignIndex = 'dev.cosignproject.cosign/imageIndex'
const cosignImages: ReadonlySet<string> = new Set([cosignImage, cosignIndex])
const cosignSuffixes: Readonly<Record<string, string>> = {
  sig: 'dev.cosignproject.cosign/sigs',
  att: 'dev.cosignproject.cosign/atts',
  sbom: 'dev.cosignproject.cosign/sboms',
}

/** Whether the layout was written by `cosign save`, which gives kinds and no names. */
export function isCosignSave(entries: readonly Descriptor[]): boolean {
  return entries.some(
    (entry) =>
      kindOf(entry)?.startsWith('dev.cosignproject.cosign/') === true &&
      entry.annotations?.[refName] === undefined,
  )
}

/** An entry under a name, with the kind by which cosign finds it: `cosign load` and `--local-image` read no names. */
export function namedAs(descriptor: Descriptor, name: string): Descriptor {
  const suffix = /^sha256-[0-9a-f]{64}\.(sig|att|sbom)$/.exec(name)?.[1]
  const ofImage = isIndexType(descriptor.mediaType) ? cosignIndex : cosignImage
  const kind = suffix === undefined ? ofImage : cosignSuffixes[suffix]
  const isListed = suffix !== undefined || !isAttachmentTag(name)
  return { ...descriptor, annotations: { [refName]: name, ...(isListed && kind && { [cosignKind]: kind }) } }
}

/**
 * The entry of this name; in a `cosign save` directory also the attachments by their tags (`sha256-<hex>.sig`).
 * @throws RegistryError AMBIGUOUS_REFERENCE where different manifests have the name: readers disagree which counts
 */
export function namedEntry(entries: readonly Descriptor[], name: string): Descriptor | undefined {
  const named = entries.filter((entry) => entry.annotations?.[refName] === name)
  const digests = [...new Set(named.map(({ digest }) => digest))]
  if (digests.length > 1) {
    throw new RegistryError('AMBIGUOUS_REFERENCE', 'the layout has several manifests of this name', {
      on: name,
      got: digests.join(', '),
      hint: 'name one by its digest',
    })
  }
  return named[0] ?? cosignAttachment(entries, name)
}

/**
 * The entries that are images: neither referrers nor attachments, each digest once, in the order of index.json.
 * @throws RegistryError NOT_FOUND if a listed manifest is missing, and the codes of reading it
 */
export async function imageEntries(
  source: ContentSource,
  entries: readonly Descriptor[],
  call?: Call,
): Promise<readonly Descriptor[]> {
  const images = new Map<string, Descriptor>()
  for (const entry of entries) {
    if (images.has(entry.digest) || !couldBeImage(entry)) continue
    const manifest = await fetchManifest(source, entry, call)
    if (manifest.subject === undefined) images.set(entry.digest, entry)
  }
  return [...images.values()]
}

function couldBeImage(entry: Descriptor): boolean {
  if (!isManifestType(entry.mediaType) && !isIndexType(entry.mediaType)) return false
  const kind = kindOf(entry)
  if (kind?.startsWith('dev.cosignproject.cosign/') === true && !cosignImages.has(kind)) return false
  return !isAttachmentTag(entry.annotations?.[refName] ?? '')
}

// The attachments that `cosign save` writes are those of the one image of the directory.
function cosignAttachment(entries: readonly Descriptor[], name: string): Descriptor | undefined {
  const [, hex, suffix] = /^sha256-([0-9a-f]{64})\.(sig|att|sbom)$/.exec(name) ?? []
  if (hex === undefined || suffix === undefined) return undefined
  const images = entries.filter((entry) => cosignImages.has(kindOf(entry) ?? ''))
  const owner = `sha256:${hex}`
  if (images.length !== 1 || !isDigest(owner) || images[0]?.digest !== owner) return undefined
  return entries.find((entry) => kindOf(entry) === cosignSuffixes[suffix])
}

function kindOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[cosignKind]
}

import type { Call, ContentSource } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize } from '../manifest.ts'
import { manifestMediaType, parseManifest } from '../parse-manifest.ts'
import { readAll } from '../verified-stream.ts'
import type { LayoutFiles } from './layout-files.ts'
import { imageEntries, namedEntry } from './layout-images.ts'
import { refName } from './layout-index.ts'
import { layoutReferrers } from './layout-referrers.ts'

/** Reads a layout. `resolve('')` finds its only image; `cosign save` layouts answer to their attachments' tags. */
export function layoutSource(files: LayoutFiles): ContentSource {
  const source: ContentSource = {
    async resolve(reference, call) {
      const entries = await files.entries()
      // A digest names bytes and nothing else: an entry that calls itself by somebody's digest is not asked.
      if (isDigest(reference)) return await manifestByDigest(files, reference, call)
      const named =
        reference === '' ? await onlyImage(files, entries, source) : namedEntry(entries, reference)
      if (named !== undefined) return bare(named)
      throw new RegistryError('NOT_FOUND', 'the layout has no image of this name', {
        on: reference,
        got: files.name,
      })
    },
    open: (descriptor, call) => files.readBlob(descriptor, call),
    async *referrers(subject, call) {
      for (const each of await layoutReferrers(files, { subject, source }, call)) {
        if (call?.artifactType === undefined || call.artifactType === each.artifactType) yield each
      }
    },
    async *tags() {
      const names = (await files.entries()).map((entry) => entry.annotations?.[refName])
      yield* new Set(names.filter((name) => name !== undefined))
    },
  }
  return source
}

/**
 * A manifest that may be stored without being listed: found by its digest and typed by its content.
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT
 */
export async function manifestByDigest(files: LayoutFiles, digest: Digest, call?: Call): Promise<Descriptor> {
  const size = await files.blobSize(digest)
  if (size === undefined)
    throw new RegistryError('NOT_FOUND', 'the layout does not have this digest', { on: digest })
  const blob = { mediaType: 'application/octet-stream', digest, size }
  const bytes = await readAll(files.readBlob(blob, call), { limit: maxManifestSize, on: digest })
  const descriptor = { mediaType: manifestMediaType(bytes, digest), digest, size }
  return parseManifest(descriptor, bytes).descriptor
}

async function onlyImage(
  { name }: LayoutFiles,
  entries: readonly Descriptor[],
  source: ContentSource,
): Promise<Descriptor> {
  const images = await imageEntries(source, entries)
  const [first] = images
  if (first === undefined)
    throw new RegistryError('NOT_FOUND', 'there is no image in this layout', { on: name })
  if (images.length === 1) return first
  throw new RegistryError('AMBIGUOUS_REFERENCE', 'the layout holds several images and none was named', {
    on: name,
    got: images.map((image) => image.annotations?.[refName] ?? image.digest).join(', '),
    hint: 'name one: oci:DIR:name or oci:DIR@sha256:…',
  })
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

import {
  attachmentSuffixes,
  attachmentTag,
  fetchManifest,
  isIndexType,
  isManifestType,
  RegistryError,
  type AttachmentSuffix,
  type Call,
  type ContentSource,
  type Descriptor,
  type Digest,
} from '@assay/registry'

/** Something that cosign keeps beside an image under a tag made of its digest. */
export interface AttachedTag {
  readonly subject: Digest
  readonly suffix: AttachmentSuffix
  readonly tag: string
  readonly manifest: Descriptor
}

const maxDepth = 16
/** OCI distribution-spec, "Pulling manifests". */
export const maxTagLength = 128
const subjectsAtOnce = 8

/**
 * Cosign's tags of an image and of each manifest in it, in the order of the index.
 * @throws RegistryError the codes of reaching the place: only "not there" is no tag
 */
export async function attachedTags(
  source: ContentSource,
  root: Descriptor,
  call?: Call,
): Promise<readonly AttachedTag[]> {
  const subjects = [...(await manifestsOf(source, root, call))]
  const found: AttachedTag[] = []
  for (let at = 0; at < subjects.length; at += subjectsAtOnce) {
    const some = subjects.slice(at, at + subjectsAtOnce)
    const tags = await Promise.all(some.map(async (subject) => await tagsOf(source, subject, call)))
    found.push(...tags.flat())
  }
  return found
}

/** Cosign's tags of one manifest. */
export async function tagsOf(
  source: ContentSource,
  subject: Digest,
  call?: Call,
): Promise<readonly AttachedTag[]> {
  const found = await Promise.all(
    attachmentSuffixes.map(async (suffix) => {
      const tag = attachmentTag(subject, suffix)
      // That of a sha512 digest is longer than any tag may be: nothing can be there.
      const manifest = tag.length > maxTagLength ? undefined : await resolveTag(source, tag, call)
      return manifest === undefined ? undefined : { subject, suffix, tag, manifest }
    }),
  )
  return found.filter((each) => each !== undefined)
}

async function resolveTag(source: ContentSource, tag: string, call?: Call): Promise<Descriptor | undefined> {
  try {
    return await source.resolve(tag, call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

async function manifestsOf(
  source: ContentSource,
  root: Descriptor,
  call?: Call,
): Promise<ReadonlySet<Digest>> {
  const found = new Set<Digest>()
  const visit = async (descriptor: Descriptor, depth: number): Promise<void> => {
    const isIndex = isIndexType(descriptor.mediaType)
    if (found.has(descriptor.digest) || !(isIndex || isManifestType(descriptor.mediaType))) return
    if (depth > maxDepth)
      throw new RegistryError('LIMIT_EXCEEDED', 'indexes are nested too deep', { on: root.digest })
    found.add(descriptor.digest)
    if (!isIndex) return
    const index = await fetchManifest(source, descriptor, call)
    if (index.kind === 'index') for (const child of index.manifests) await visit(child, depth + 1)
  }
  await visit(root, 0)
  return found
}

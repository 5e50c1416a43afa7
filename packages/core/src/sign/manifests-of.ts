import {
  fetchManifest,
  isIndexType,
  RegistryError,
  type Call,
  type ContentSource,
  type Descriptor,
} from '@assay/registry'

const maxManifests = 1000
const maxDepth = 8

/**
 * An image and, where it is an index, everything that it lists, each once, children before parents.
 * @throws RegistryError LIMIT_EXCEEDED and the codes of reading manifests
 */
export async function manifestsOf(
  source: ContentSource,
  root: Descriptor,
  call: Call = {},
): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>()
  await collect({ source, found, call }, root, 0)
  return [...found.values()]
}

interface Collecting {
  readonly source: ContentSource
  readonly found: Map<string, Descriptor>
  readonly call: Call
}

async function collect(into: Collecting, descriptor: Descriptor, depth: number): Promise<void> {
  const { source, found, call } = into
  if (found.has(descriptor.digest)) return
  if (found.size >= maxManifests || depth > maxDepth) {
    throw new RegistryError('LIMIT_EXCEEDED', 'the index lists too much', {
      on: descriptor.digest,
      expected: `at most ${maxManifests} manifests, ${maxDepth} deep`,
    })
  }
  const manifest = isIndexType(descriptor.mediaType)
    ? await fetchManifest(source, descriptor, call)
    : undefined
  if (manifest?.kind === 'index') {
    for (const child of manifest.manifests) {
      // oxlint-disable-next-line no-await-in-loop -- in the order of the index
      await collect(into, child, depth + 1)
    }
  }
  const { mediaType, digest, size } = descriptor
  found.set(digest, { mediaType, digest, size })
}

import { digestOf, mediaTypes, streamOf, type ContentStore, type Descriptor } from '@assay/registry'

/** Pushes bytes as a blob, or as a manifest if the type says so. */
export async function pushBytes(
  store: ContentStore,
  mediaType: string,
  content: Uint8Array | string,
): Promise<Descriptor> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await store.push(descriptor, streamOf(bytes))
  return descriptor
}

/** Pushes a small artifact of one layer; `fields` go into its manifest. */
export async function pushArtifact(
  store: ContentStore,
  { layer = 'layer', ...fields }: { readonly layer?: string } & Readonly<Record<string, unknown>> = {},
): Promise<Descriptor> {
  const config = await pushBytes(store, mediaTypes.ociEmpty, '{}')
  const layers = [await pushBytes(store, 'application/octet-stream', layer)]
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers, ...fields }
  return await pushBytes(store, mediaTypes.ociManifest, JSON.stringify(manifest))
}

/** Pushes an index of manifests. */
export async function pushIndex(
  store: ContentStore,
  manifests: readonly Descriptor[],
  fields: object = {},
): Promise<Descriptor> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...fields }
  return await pushBytes(store, mediaTypes.ociIndex, JSON.stringify(index))
}

/** All items of a stream. */
export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

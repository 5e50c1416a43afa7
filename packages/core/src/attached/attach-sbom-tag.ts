import {
  attachmentTag,
  digestOf,
  mediaTypes,
  RegistryError,
  streamOf,
  type Call,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'

/**
 * Puts an SBOM under cosign's tag `sha256-<hex>.sbom`, which has room for one (cosign specs/SBOM_SPEC.md).
 * @throws RegistryError WRITE_FAILED if another one is there
 */
export async function attachSbomTag(
  store: ContentStore,
  subject: Descriptor,
  { bytes, mediaType, ...call }: { readonly bytes: Uint8Array; readonly mediaType: string } & Call,
): Promise<{ readonly manifest: Descriptor; readonly tag: string }> {
  const tag = attachmentTag(subject.digest, 'sbom')
  const layer = await push(store, { bytes, mediaType }, call)
  const created = '0001-01-01T00:00:00Z'
  const image = {
    architecture: '',
    created,
    history: [{ created }],
    os: '',
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    config: {},
  }
  const config = await push(store, { bytes: jsonOf(image), mediaType: mediaTypes.ociConfig }, call)
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
  const manifest = await push(store, { bytes: jsonOf(document), mediaType: mediaTypes.ociManifest }, call)
  const present = await find(store, tag, call)
  if (present !== undefined && present.digest !== manifest.digest) throw taken(tag, present)
  await store.tag(manifest, tag, call)
  return { manifest, tag }
}

async function push(
  store: ContentStore,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  call: Call,
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  if (!(await store.has(descriptor, call))) await store.push(descriptor, streamOf(bytes), call)
  return descriptor
}

async function find(store: ContentStore, tag: string, call: Call): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function jsonOf(document: object): Uint8Array {
  return Buffer.from(JSON.stringify(document))
}

function taken(tag: string, present: Descriptor): RegistryError {
  return new RegistryError('WRITE_FAILED', 'another SBOM has the tag, which has room for one', {
    on: tag,
    got: present.digest,
    hint: 'attach it as a referrer, or remove the old one: assay clean --type sboms',
  })
}

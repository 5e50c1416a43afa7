import { setTimeout as wait } from 'node:timers/promises'
import {
  digestAlgorithm,
  digestHex,
  digestOf,
  fetchManifest,
  isManifestType,
  mediaTypes,
  RegistryError,
  streamOf,
  type Call,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import type { LegacyLayer } from '../bundle/print-legacy.ts'

export interface LegacyAttachment extends LegacyLayer {
  readonly suffix: 'sig' | 'att'
}

/** How often a layer is added again that somebody else's writing took away. */
const maxAttempts = 10
/** Milliseconds, at least, until we look whether it is still there. */
const settleTime = 50
/** Cosign does not read more layers of one manifest. */
const maxLayers = 1000

/**
 * Adds a layer under cosign's legacy tag `sha256-<hex>.sig` or `.att`. Such a tag is read, changed and written as a
 * whole, and registries offer no way to do that at once: afterwards we look whether our layer is still there, and
 * add it again where somebody else's writing took it away.
 * @throws RegistryError WRITE_FAILED, LIMIT_EXCEEDED and the codes of reaching the place
 */
export async function attachLegacy(
  store: ContentStore,
  subject: Descriptor,
  attachment: LegacyAttachment & Call,
): Promise<Descriptor> {
  const { signal, suffix, content, annotations } = attachment
  const call: Call = signal === undefined ? {} : { signal }
  const tag = `${digestAlgorithm(subject.digest)}-${digestHex(subject.digest)}.${suffix}`
  const mediaType = suffix === 'sig' ? mediaTypes.simpleSigning : mediaTypes.dsseEnvelope
  const layer: Descriptor = { ...(await push(store, { bytes: content, mediaType }, call)), annotations }
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const start = performance.now()
    const present = await layersOf(store, tag, call)
    if (present.some((each) => isSame(each, layer))) return await store.resolve(tag, call)
    if (present.length >= maxLayers) throw tooMany(tag)
    const manifest = await pushManifest(store, [...present, layer], call)
    await store.tag(manifest, tag, call)
    // Whoever read the tag before we wrote it writes about as fast as we did: by then they have.
    const settled = Math.max(settleTime, 2 * (performance.now() - start))
    await wait(settled * (1 + Math.random()), undefined, signal === undefined ? {} : { signal })
    if ((await layersOf(store, tag, call)).some((each) => isSame(each, layer))) return manifest
  }
  throw new RegistryError('WRITE_FAILED', 'others keep writing to the same legacy tag', {
    on: tag,
    expected: `our signature under the tag after ${maxAttempts} attempts`,
    hint: 'sign again, or write bundles: they do not share a tag',
  })
}

async function layersOf(store: ContentStore, tag: string, call: Call): Promise<readonly Descriptor[]> {
  const descriptor = await find(store, tag, call)
  if (descriptor === undefined) return []
  const manifest = isManifestType(descriptor.mediaType)
    ? await fetchManifest(store, descriptor, call)
    : undefined
  if (manifest?.kind === 'manifest') return manifest.layers
  throw new RegistryError('MALFORMED_CONTENT', 'the legacy tag does not name a manifest', {
    on: tag,
    got: descriptor.mediaType,
  })
}

async function find(store: ContentStore, tag: string, call: Call): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(tag, call)
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Two signatures over one payload differ in their annotations only. */
function isSame(a: Descriptor, b: Descriptor): boolean {
  const [left, right] = [a.annotations ?? {}, b.annotations ?? {}]
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return a.digest === b.digest && [...names].every((name) => left[name] === right[name])
}

/** As cosign writes it: an image whose config lists the layers, without any time of ours. */
async function pushManifest(
  store: ContentStore,
  layers: readonly Descriptor[],
  call: Call,
): Promise<Descriptor> {
  const created = '0001-01-01T00:00:00Z'
  const image = {
    architecture: '',
    created,
    history: layers.map(() => ({ created })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  }
  const bytes = Buffer.from(JSON.stringify(image))
  const config = await push(store, { bytes, mediaType: mediaTypes.ociConfig }, call)
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }
  return push(
    store,
    { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: mediaTypes.ociManifest },
    call,
  )
}

async function push(
  store: ContentStore,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  call: Call,
): Promise<Descriptor> {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  if (!(await store.has(descriptor, call))) await store.push(descriptor, streamOf(bytes), call)
  return descriptor
}

function tooMany(tag: string): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'the legacy tag holds too many signatures', {
    on: tag,
    expected: `fewer than ${maxLayers}`,
    hint: 'write bundles, or take old signatures away',
  })
}

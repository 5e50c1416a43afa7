import { copyImage, type OpenedImage, type OpenedTarget } from '@assay/core'
import {
  attachmentTag,
  memoryStore,
  openRepository,
  parseReference,
  registryTransport,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { all, pushArtifact, pushIndex } from '../support/artifacts.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { testRegistry, type TestRegistry } from '../support/registry.ts'
import { when } from '../support/registry/faults.ts'

const name = 'registry.test/team/app'

function repository(registry: TestRegistry, path: string): ContentStore {
  const transport = registryTransport({ base: registry.transport, retry: { pause: 1 } })
  return openRepository({ host: registry.host, repository: path }, { transport })
}

interface Scene {
  readonly root: Descriptor
  readonly platforms: readonly Descriptor[]
  /** Whatever hangs on it, by its digest. */
  readonly referrers: readonly Descriptor[]
  readonly tags: readonly string[]
}

/** Two platforms; a referrer of the index, one of it and one of a platform; cosign's tags on index and platform. */
async function stage(store: ContentStore): Promise<Scene> {
  const platforms: Descriptor[] = []
  for (const architecture of ['amd64', 'arm64']) {
    const platform = { os: 'linux', architecture }
    const image = await buildImage({ platform, layers: [{ entries: [] }] })
    platforms.push({ ...(await pushImage(store, image, architecture)), platform })
  }
  const [first] = platforms
  if (first === undefined) throw new Error('no platform')
  const root = await pushIndex(store, platforms)
  await store.tag(root, 'v1')
  const signature = await pushArtifact(store, { subject: root, artifactType: 'a/signature' })
  const sbom = await pushArtifact(store, { subject: first, artifactType: 'a/sbom' })
  const about = await pushArtifact(store, { subject: signature, artifactType: 'a/countersignature' })
  const tags = [
    attachmentTag(root.digest, 'sig'),
    attachmentTag(first.digest, 'att'),
    attachmentTag(root.digest, 'sbom'),
  ]
  for (const tag of tags) await store.tag(await pushArtifact(store, { layer: tag }), tag)
  return { root, platforms, referrers: [signature, sbom, about], tags }
}

function opened(store: ContentStore, root: Descriptor): OpenedImage {
  return { store, root, reference: parseReference(`${name}:v1`), place: name, name: `${name}@${root.digest}` }
}

function target(
  store: ContentStore,
  text: string = 'mirror.test/app:v2',
): Pick<OpenedTarget, 'store' | 'reference' | 'place'> {
  return { store, reference: parseReference(text), place: 'mirror.test/app' }
}

async function referrersOf(store: ContentStore, subjects: readonly Descriptor[]): Promise<readonly string[]> {
  const found = await Promise.all(subjects.map(async ({ digest }) => await all(store.referrers(digest))))
  return found.flat().map(({ digest }) => digest)
}

describe('copying an image', () => {
  test.each([
    ['a registry with the referrers API', { referrersApi: true }],
    ['a registry without', { referrersApi: false }],
  ])('to %s brings platforms, referrers of referrers and the tags of cosign', async (_name, options) => {
    const from = repository(testRegistry(), 'team/app')
    const scene = await stage(from)
    const to = repository(testRegistry({ host: 'mirror.test', ...options }), 'app')
    const copied = await copyImage(opened(from, scene.root), target(to), {})
    expect(await to.resolve('v2')).toEqual(scene.root)
    for (const platform of scene.platforms) expect(await to.has(platform)).toBe(true)
    const [signature] = scene.referrers
    const subjects = [scene.root, ...scene.platforms, ...(signature === undefined ? [] : [signature])]
    expect((await referrersOf(to, subjects)).toSorted()).toEqual(
      scene.referrers.map(({ digest }) => digest).toSorted(),
    )
    for (const tag of scene.tags) expect(await to.resolve(tag)).toEqual(await from.resolve(tag))
    expect(copied).toMatchObject({ root: scene.root, tag: 'v2', mounted: 0 })
    expect(copied.attachedTags.toSorted()).toEqual(scene.tags.toSorted())
  })

  test('can be repeated: nothing is moved, and the result is the same', async () => {
    const from = repository(testRegistry(), 'team/app')
    const { root, tags } = await stage(from)
    const registry = testRegistry({ host: 'mirror.test' })
    await copyImage(opened(from, root), target(repository(registry, 'app')), {})
    const before = await all(repository(registry, 'app').tags())
    const again = await copyImage(opened(from, root), target(repository(registry, 'app')), {})
    expect(again).toMatchObject({ bytes: 0, mounted: 0 })
    expect(await all(repository(registry, 'app').tags())).toEqual(before)
    expect(before.toSorted()).toEqual(['v2', ...tags].toSorted())
  })

  test('to another repository of the registry mounts the blobs', async () => {
    const registry = testRegistry()
    const from = repository(registry, 'team/app')
    const { root } = await stage(from)
    const copied = await copyImage(opened(from, root), target(repository(registry, 'b/c')), {})
    expect(copied.bytes).toBe(0)
    expect(copied.mounted).toBeGreaterThan(0)
  })

  test('of one platform takes that image, its referrers and its tags', async () => {
    const from = repository(testRegistry(), 'team/app')
    const { root, platforms, referrers } = await stage(from)
    const to = memoryStore()
    const platform = { os: 'linux', architecture: 'amd64' }
    const copied = await copyImage(opened(from, root), target(to), { platform })
    expect(copied.root.digest).toBe(platforms[0]?.digest)
    expect(await referrersOf(to, [copied.root])).toEqual([referrers[1]?.digest])
    expect(await to.has(root)).toBe(false)
  })

  test.each([
    [
      'the platform is not there',
      { platform: { os: 'plan9', architecture: 'amd64' } },
      undefined,
      'UNKNOWN_PLATFORM',
    ],
    [
      'the target demands another digest',
      {},
      `mirror.test/app@sha256:${'0'.repeat(64)}`,
      'INVALID_REFERENCE',
    ],
  ])('is refused where %s', async (...[, options, text, code]) => {
    const from = memoryStore()
    const { root } = await stage(from)
    const to = memoryStore()
    await expect(copyImage(opened(from, root), target(to, text), options)).rejects.toMatchObject({ code })
    expect(await to.has(root)).toBe(false)
  })
})

describe('a copy that fails', () => {
  test.each([
    ['a layer that cannot be read', /GET .*\/blobs\//],
    ['referrers that cannot be listed', /GET .*\/referrers\//],
    ['a tag of cosign that cannot be resolved', /GET .*\/manifests\/sha256-[0-9a-f]+\.att/],
  ])('over %s has named nothing, and goes on when it is repeated', async (_name, pattern) => {
    const registry = testRegistry()
    const { root } = await stage(repository(registry, 'team/app'))
    registry.setFaults([when(pattern, () => ({ status: 503, headers: {}, body: (async function* () {})() }))])
    const to = memoryStore()
    const copy = async (): Promise<unknown> =>
      await copyImage(opened(repository(registry, 'team/app'), root), target(to), {})
    await expect(copy()).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect((await all(to.tags())).filter((tag) => !tag.startsWith('sha256-'))).toEqual([])
    registry.setFaults([])
    await copy()
    expect(await to.resolve('v2')).toEqual(root)
  })

  test('because it was cancelled says so and has named nothing', async () => {
    const from = memoryStore()
    const { root } = await stage(from)
    const to = memoryStore()
    const abort = new AbortController()
    const copying = copyImage(opened(from, root), target(to), {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await expect(copying).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await all(to.tags())).toEqual([])
  })
})

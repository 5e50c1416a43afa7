import {
  copyGraph,
  fetchManifest,
  memoryStore,
  openRepository,
  registryTransport,
  singleCredential,
  type ContentStore,
} from '@assay/registry'
import { all, pushArtifact, pushBytes, pushIndex } from '@assay/test-support/artifacts'
import { testRegistry, type TestRegistry, type TestRegistryOptions } from '@assay/test-support/registry'
import { describe, expect, test } from 'vitest'

const credential = { kind: 'basic', username: 'me', password: 'pass:word é' } as const

function open(options: TestRegistryOptions = {}): { registry: TestRegistry; store: ContentStore } {
  const registry = testRegistry(options)
  const transport = registryTransport({
    base: registry.transport,
    keychain: singleCredential(registry.host, credential),
    retry: { pause: 1 },
  })
  return { registry, store: openRepository({ host: registry.host, repository: 'team/app' }, { transport }) }
}

const kinds: readonly [string, TestRegistryOptions][] = [
  ['without authentication', {}],
  ['with Basic authentication', { auth: credential }],
  ['with tokens for everybody', { auth: { kind: 'bearer' } }],
  ['with tokens for credentials', { auth: { ...credential, kind: 'bearer' } }],
  ['J-10 with tokens named access_token', { auth: { ...credential, kind: 'bearer', field: 'access_token' } }],
  ['without the referrers API', { referrersApi: false }],
  ['with pages of one', { pageSize: 1 }],
]

describe.each(kinds)('a registry %s', (_name, options) => {
  test('gives back what was pushed', async () => {
    const { store } = open(options)
    const image = await pushArtifact(store)
    await store.tag(image, 'v1')
    await store.tag(image, 'v2')
    expect(await store.resolve('v1')).toEqual(image)
    expect(await store.resolve(image.digest)).toEqual(image)
    expect(await store.has(image)).toBe(true)
    expect(await all(store.tags())).toEqual(['v1', 'v2'])
    const manifest = await fetchManifest(store, image)
    const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
    expect(layer !== undefined && Buffer.concat(await all(store.open(layer))).toString()).toBe('layer')
  })

  test('lists referrers', async () => {
    const { store } = open(options)
    const image = await pushArtifact(store)
    expect(await all(store.referrers(image.digest))).toEqual([])
    const first = await pushArtifact(store, { artifactType: 'a/a', subject: image })
    const second = await pushArtifact(store, { artifactType: 'b/b', subject: image, annotations: { a: 'b' } })
    const listed = await all(store.referrers(image.digest))
    expect(listed.map(({ digest }) => digest).toSorted()).toEqual([first.digest, second.digest].toSorted())
    const [only] = await all(store.referrers(image.digest, { artifactType: 'b/b' }))
    expect(only).toEqual({ ...second, artifactType: 'b/b', annotations: { a: 'b' } })
  })

  test('says that something is not there', async () => {
    const { store } = open(options)
    await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('round trips', () => {
  test('a tag is resolved and its manifest read with one request', async () => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    await store.tag(image, 'v1')
    const reader = openRepository(
      { host: registry.host, repository: 'team/app' },
      { transport: registryTransport({ base: registry.transport }) },
    )
    const before = registry.log.length
    await fetchManifest(reader, await reader.resolve('v1'))
    expect(registry.log.length - before).toBe(1)
  })

  test('a token is asked for once, however many requests wait for it', async () => {
    const { registry, store } = open({ auth: { ...credential, kind: 'bearer' } })
    const image = await pushArtifact(store)
    const reader = openRepository(
      { host: registry.host, repository: 'team/app' },
      {
        transport: registryTransport({
          base: registry.transport,
          keychain: singleCredential(registry.host, credential),
        }),
      },
    )
    await reader.has(image)
    const before = registry.log.length
    await Promise.all(Array.from({ length: 10 }, async () => await reader.has(image)))
    expect(registry.log.slice(before).map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, () => 200),
    )
  })
})

async function source(): Promise<{ store: ContentStore; root: Awaited<ReturnType<typeof pushIndex>> }> {
  const store = memoryStore()
  const children = [await pushArtifact(store, { layer: 'one' }), await pushArtifact(store, { layer: 'two' })]
  const root = await pushIndex(store, children)
  const signature = await pushArtifact(store, { layer: 'sig', artifactType: 'a/sig', subject: root })
  await pushArtifact(store, { layer: 'sig of sig', artifactType: 'a/sig', subject: signature })
  await pushArtifact(store, { layer: 'sbom', artifactType: 'a/sbom', subject: children[0] })
  return { store, root }
}

describe('copyGraph', () => {
  test.each([
    ['a registry with the referrers API', {}],
    ['a registry without it', { referrersApi: false }],
  ])(
    'brings an index, its images and all referrers into %s, and does it again without a transfer',
    async (_name, options) => {
      const from = await source()
      const { store } = open(options)
      const outcomes: string[] = []
      const copy = async (): Promise<void> => {
        await copyGraph(from.store, store, {
          root: from.root,
          referrers: true,
          onProgress: ({ outcome }) => outcomes.push(outcome),
        })
      }
      await copy()
      const [signature] = await all(store.referrers(from.root.digest))
      expect(signature?.artifactType).toBe('a/sig')
      expect(signature && (await all(store.referrers(signature.digest)))).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'copied')).toHaveLength(12)
      outcomes.length = 0
      await copy()
      expect(new Set(outcomes)).toEqual(new Set(['skipped']))
    },
  )

  test('lists many referrers with one write of the fallback tag, also if a copy was cut before it', async () => {
    const { store: from } = open()
    const image = await pushArtifact(from)
    for (let at = 0; at < 20; at += 1)
      await pushArtifact(from, { subject: image, artifactType: 'a/b', layer: `${at}` })
    const { registry, store } = open({ referrersApi: false })
    const writes = (): number =>
      registry.log.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/sha256-'))
        .length
    await copyGraph(from, store, { root: image, referrers: true })
    expect(await all(store.referrers(image.digest))).toHaveLength(20)
    expect(writes()).toBe(1)
    await store.unlist(
      image.digest,
      (await all(store.referrers(image.digest))).map(({ digest }) => digest),
    )
    expect(await all(store.referrers(image.digest))).toEqual([])
    await copyGraph(from, store, { root: image, referrers: true })
    expect(await all(store.referrers(image.digest))).toHaveLength(20)
    expect(writes()).toBe(3)
  })

  test('asks a registry once which referrers it has, and then for none that it does not list', async () => {
    const { store: from } = open()
    const image = await pushArtifact(from)
    const referrers = ['a', 'b', 'c'].map(
      async (layer) => await pushArtifact(from, { subject: image, artifactType: 'a/b', layer }),
    )
    const [first] = await Promise.all(referrers)
    const { registry, store } = open()
    const asked = (): number =>
      registry.log.filter(({ method, path }) => method === 'HEAD' && path.includes('/manifests/')).length
    await copyGraph(from, store, { root: image, referrers: true })
    expect(asked()).toBe(1)
    expect(await all(store.referrers(image.digest))).toHaveLength(3)
    await store.remove(first?.digest ?? image.digest)
    await copyGraph(from, store, { root: image, referrers: true })
    // The image, and the two that are there.
    expect(asked()).toBe(4)
    expect(await all(store.referrers(image.digest))).toHaveLength(3)
  })

  test('mounts within one registry', async () => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    const transport = registryTransport({ base: registry.transport })
    const target = openRepository({ host: registry.host, repository: 'other' }, { transport })
    const outcomes: string[] = []
    await copyGraph(store, target, {
      root: image,
      referrers: false,
      onProgress: ({ outcome }) => outcomes.push(outcome),
    })
    expect(outcomes.toSorted()).toEqual(['copied', 'mounted', 'mounted'])
    expect(await target.has(image)).toBe(true)
  })

  test('B-17 ends for referrers that refer to each other in a circle of lists', async () => {
    const store = memoryStore()
    let subject = await pushArtifact(store)
    const root = subject
    for (let depth = 0; depth < 20; depth += 1) {
      subject = await pushArtifact(store, { subject, annotations: { depth: String(depth) } })
    }
    await expect(copyGraph(store, memoryStore(), { root, referrers: true })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  test('B-17 ends for a referrer that contains its own subject', async () => {
    const store = memoryStore()
    const root = await pushArtifact(store)
    const referrer = await pushIndex(store, [root], { subject: root })
    const target = memoryStore()
    await copyGraph(store, target, { root, referrers: true })
    expect(await target.has(referrer)).toBe(true)
  })

  test('a child that is missing is an error that names it', async () => {
    const store = memoryStore()
    const absent = await pushArtifact(memoryStore())
    const root = await pushIndex(store, [absent])
    await expect(copyGraph(store, memoryStore(), { root, referrers: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      on: absent.digest,
    })
  })
})

test('a large blob goes as a stream and comes back', async () => {
  const { store } = open({ auth: { ...credential, kind: 'bearer' } })
  const bytes = new Uint8Array(6 * 1024 * 1024).fill(7)
  const descriptor = await pushBytes(store, 'application/octet-stream', bytes)
  expect(Buffer.concat(await all(store.open(descriptor))).equals(bytes)).toBe(true)
})

test('the registry over HTTP answers as the one in the process', async () => {
  const registry = testRegistry({ auth: { ...credential, kind: 'bearer' } })
  const server = await registry.serve()
  try {
    const transport = registryTransport({ keychain: singleCredential(server.host, credential) })
    const store = openRepository({ host: server.host, repository: 'team/app' }, { transport })
    const bytes = new Uint8Array(6 * 1024 * 1024).fill(7)
    const descriptor = await pushBytes(store, 'application/octet-stream', bytes)
    expect(Buffer.concat(await all(store.open(descriptor))).equals(bytes)).toBe(true)
    const image = await pushArtifact(store)
    await store.tag(image, 'v1')
    expect(await store.resolve('v1')).toEqual(image)
  } finally {
    await server.close()
  }
})

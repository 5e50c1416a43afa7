import {
  copyGraph,
  digestOf,
  memoryStore,
  mediaTypes,
  openRepository,
  referrersTag,
  registryTransport,
  type ContentStore,
} from '@assay/registry'
import { all, pushArtifact, pushBytes, pushIndex } from '@assay/test-support/artifacts'
import { testRegistry, type TestRegistry, type TestRegistryOptions } from '@assay/test-support/registry'
import { answer } from '@assay/test-support/registry/answer'
import { when } from '@assay/test-support/registry/faults'
import { describe, expect, test } from 'vitest'

// Lists that a registry gives: tags, referrers, the fallback tag, and the places that uploads are sent to.

function open(options: TestRegistryOptions = {}): { registry: TestRegistry; store: ContentStore } {
  const registry = testRegistry(options)
  const transport = registryTransport({ base: registry.transport, retry: { pause: 1 } })
  return { registry, store: openRepository({ host: registry.host, repository: 'a/b' }, { transport }) }
}

const page = (link: string): ReturnType<typeof when> =>
  when(/tags\/list|referrers/, ({ url }) =>
    url.pathname.endsWith('tags/list')
      ? answer(200, { 'content-type': 'application/json', link }, '{"tags":["v1"]}')
      : answer(200, { 'content-type': mediaTypes.ociIndex, link }, '{"schemaVersion":2,"manifests":[]}'),
  )
describe('B-17 B-32 the next page of a list is not followed', () => {
  test.each([
    ['to itself', '</v2/a/b/tags/list>; rel="next"'],
    ['to a metadata service', '<http://169.254.169.254/>; rel="next"'],
    ['to another host without a scheme', '<//evil.test/>; rel="next"'],
    ['to another port', '<https://registry.test:8443/v2/a/b/tags/list>; rel="next"'],
    ['to http', '<http://registry.test/v2/a/b/tags/list>; rel="next"'],
    ['to a URL with a user', '<https://me@registry.test/v2/a/b/tags/list>; rel="next"'],
  ])('%s', async (_name, link) => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    registry.setFaults([page(link)])
    await expect(all(store.tags())).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    await expect(all(store.referrers(image.digest))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(registry.log.filter(({ host }) => host !== 'registry.test')).toEqual([])
  })

  test('for ever', async () => {
    const { registry, store } = open()
    let count = 0
    registry.setFaults([
      when(/tags/, () => {
        count += 1
        return answer(200, { link: `</v2/a/b/tags/list?page=${count}>; rel="next"` }, '{"tags":["v1"]}')
      }),
    ])
    await expect(all(store.tags())).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(count).toBe(1000)
  })
})

const entries = (count: number): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: Array.from({ length: count }, (_, at) => ({
      mediaType: mediaTypes.ociManifest,
      digest: `sha256:${at.toString(16).padStart(64, '0')}`,
      size: 1,
    })),
  })

describe('B-11 B-15 lists that are too long are refused, not cut', () => {
  test('in one page', async () => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    registry.setFaults([
      when(/referrers/, () => answer(200, { 'content-type': mediaTypes.ociIndex }, entries(10_001))),
    ])
    await expect(all(store.referrers(image.digest))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('over many pages', async () => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    let count = 0
    registry.setFaults([
      when(/referrers/, () => {
        count += 1
        const link = `</v2/a/b/referrers/${image.digest}?page=${count}>; rel="next"`
        return answer(200, { 'content-type': mediaTypes.ociIndex, link }, entries(2000))
      }),
    ])
    await expect(all(store.referrers(image.digest))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(count).toBe(6)
  })
})

describe('I-08 referrers', () => {
  test('that point elsewhere than the list says are not copied', async () => {
    const { registry, store } = open({ referrersApi: false })
    const image = await pushArtifact(store)
    const other = await pushArtifact(store, { layer: 'other' })
    const stray = await pushArtifact(store, { subject: other })
    const index = await pushIndex(store, [stray])
    await store.tag(index, referrersTag(image.digest))
    expect(registry.log.length).toBeGreaterThan(0)
    const target = memoryStore()
    await copyGraph(store, target, { root: image, referrers: true })
    expect(await target.has(stray)).toBe(false)
  })

  test('under a fallback tag that is an image instead of an index are none', async () => {
    const { store } = open({ referrersApi: false })
    const image = await pushArtifact(store)
    await store.tag(image, referrersTag(image.digest))
    expect(await all(store.referrers(image.digest))).toEqual([])
  })

  test('are found in both places: the API and a fallback tag from before', async () => {
    const registry = testRegistry({ referrersApi: false })
    const transport = registryTransport({ base: registry.transport })
    const before = openRepository({ host: registry.host, repository: 'a/b' }, { transport })
    const image = await pushArtifact(before)
    const old = await pushArtifact(before, { subject: image, annotations: { which: 'old' } })
    registry.setFaults([
      when(/referrers/, () =>
        answer(
          200,
          { 'content-type': `${mediaTypes.ociIndex}; charset=utf-8` },
          '{"schemaVersion":2,"manifests":[]}',
        ),
      ),
    ])
    expect((await all(before.referrers(image.digest))).map(({ digest }) => digest)).toEqual([old.digest])
  })

  test('that other writers overwrite under the fallback tag are written again', async () => {
    const { registry, store } = open({ referrersApi: false })
    const image = await pushArtifact(store)
    let overwrites = 3
    registry.setFaults([
      when(/^PUT .*manifests\/sha256-/, async (_request, honest) => {
        const response = await honest()
        if (overwrites > 0) {
          overwrites -= 1
          const empty = `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":[]}`
          await pushBytes(store, mediaTypes.ociIndex, empty)
          const digest = digestOf(new TextEncoder().encode(empty))
          registry.repositories.get('a/b')?.tags.set(referrersTag(image.digest), digest)
        }
        return response
      }),
    ])
    const referrer = await pushArtifact(store, { subject: image })
    expect((await all(store.referrers(image.digest))).map(({ digest }) => digest)).toEqual([referrer.digest])
    expect(overwrites).toBe(0)
  })
})

describe('J-10 B-31 an upload does not go to', () => {
  test.each([
    ['another host', 'https://evil.test/upload'],
    ['a metadata service', 'http://169.254.169.254/'],
    ['another host without a scheme', '//evil.test/upload'],
    ['another port', 'https://registry.test:8443/upload'],
    ['http', 'http://registry.test/upload'],
    ['no URL', 'https://'],
  ])('%s', async (_name, location) => {
    const { registry, store } = open()
    registry.setFaults([when(/^POST/, () => answer(202, { location }))])
    await expect(pushBytes(store, 'a/b', 'secret content')).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(registry.log.map(({ method, host }) => `${method} ${host}`)).toEqual(['POST registry.test'])
  })
})

describe('J-10 what the library would have done', () => {
  test('a namespace of one letter is reached', async () => {
    const registry = testRegistry()
    const transport = registryTransport({ base: registry.transport })
    const store = openRepository({ host: registry.host, repository: 'a/b/c' }, { transport })
    const image = await pushArtifact(store)
    expect(await store.resolve(image.digest)).toEqual(image)
  })

  test('all pages of tags are read', async () => {
    const { store } = open({ pageSize: 2 })
    const image = await pushArtifact(store)
    for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5']) await store.tag(image, tag)
    expect(await all(store.tags())).toHaveLength(5)
  })

  test('a registry that takes a manifest for another one is not believed', async () => {
    const { registry, store } = open()
    const image = await pushArtifact(store)
    registry.setFaults([
      when(/^PUT/, () => answer(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` })),
    ])
    await expect(store.tag(image, 'v1')).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
  })
})

test('B-24 the urls of a foreign layer are not followed', async () => {
  const { registry, store } = open()
  const config = await pushBytes(store, mediaTypes.ociEmpty, '{}')
  const layer = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: `sha256:${'1'.repeat(64)}`,
    size: 1,
    urls: ['https://evil.test/'],
  }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
  const image = await pushBytes(store, mediaTypes.ociManifest, JSON.stringify(manifest))
  const target = memoryStore()
  await copyGraph(store, target, { root: image, referrers: true })
  expect(await target.has(image)).toBe(true)
  expect(registry.log.filter(({ host }) => host !== 'registry.test')).toEqual([])
})

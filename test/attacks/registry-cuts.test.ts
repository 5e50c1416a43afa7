import { digestOf, openRepository, registryTransport, type ContentStore } from '@assay/registry'
import { all, pushArtifact, pushBytes } from '@assay/test-support/artifacts'
import { testRegistry, type TestRegistry } from '@assay/test-support/registry'
import { answer } from '@assay/test-support/registry/answer'
import { times, when } from '@assay/test-support/registry/faults'
import { describe, expect, test } from 'vitest'

// Cut downloads, throttling, outages and ctrl-C: endured where they can be, and never read as an answer.

function open(): {
  registry: TestRegistry
  store: ContentStore
  fresh: () => ContentStore
} {
  const registry = testRegistry()
  const transport = registryTransport({ base: registry.transport, retry: { pause: 1 } })
  const fresh = (): ContentStore => openRepository({ host: registry.host, repository: 'a/b' }, { transport })
  return { registry, store: fresh(), fresh }
}

async function* cutAt(
  body: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count
  for await (const chunk of body) {
    if (chunk.byteLength >= left) {
      yield chunk.subarray(0, left)
      return
    }
    left -= chunk.byteLength
    yield chunk
  }
}

describe('a download that is cut', () => {
  const bytes = new Uint8Array(100_000).map((_, at) => at % 251)

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('at %i tenths goes on where it stopped', async (tenth) => {
    const { registry, store } = open()
    const blob = await pushBytes(store, 'a/b', bytes)
    registry.setFaults([
      times(
        2,
        when(/^GET .*blobs/, async (_request, honest) => {
          const response = await honest()
          return { ...response, body: cutAt(response.body, tenth * 10_000) }
        }),
      ),
    ])
    const before = registry.log.length
    expect(digestOf(Buffer.concat(await all(store.open(blob))))).toBe(blob.digest)
    expect(registry.log.length - before).toBeLessThanOrEqual(3)
  })

  test.each([1, 5, 9])(
    'always at %i tenths, without ranges, ends in an error and never in a result',
    async (tenth) => {
      const { registry, store } = open()
      const blob = await pushBytes(store, 'a/b', bytes)
      registry.setFaults([
        when(/^GET .*blobs/, () =>
          answer(200, { 'content-length': '100000' }, cutAt(stream(bytes), tenth * 10_000)),
        ),
      ])
      await expect(all(store.open(blob))).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(registry.log.filter(({ path }) => path.includes(blob.digest)).length).toBeLessThanOrEqual(8)
    },
  )

  test('and continued with other bytes is refused', async () => {
    const { registry, store } = open()
    const blob = await pushBytes(store, 'a/b', bytes)
    registry.setFaults([
      times(
        1,
        when(/^GET .*blobs/, async (_request, honest) => {
          const response = await honest()
          return { ...response, body: cutAt(response.body, 50_000) }
        }),
      ),
      when(/^GET .*blobs/, () =>
        answer(206, { 'content-range': 'bytes 50000-99999/100000' }, new Uint8Array(50_000)),
      ),
    ])
    await expect(all(store.open(blob))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test('and continued at another place is refused', async () => {
    const { registry, store } = open()
    const blob = await pushBytes(store, 'a/b', bytes)
    registry.setFaults([
      times(
        1,
        when(/^GET .*blobs/, async (_request, honest) => {
          const response = await honest()
          return { ...response, body: cutAt(response.body, 50_000) }
        }),
      ),
      when(/^GET .*blobs/, () =>
        answer(206, { 'content-range': 'bytes 40000-99999/100000' }, bytes.subarray(40_000)),
      ),
    ])
    await expect(all(store.open(blob))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
  })
})

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes)
}

describe('throttling and outages', () => {
  test('are endured for a while', async () => {
    const { registry, store, fresh } = open()
    const image = await pushArtifact(store)
    registry.setFaults([
      times(
        2,
        when(/./, () => answer(429, { 'retry-after': '0' })),
      ),
      times(
        1,
        when(/./, () => answer(503)),
      ),
    ])
    expect(await fresh().resolve(image.digest)).toEqual(image)
  })

  test.each([
    [429, 'RATE_LIMITED'],
    [503, 'UNREACHABLE'],
  ])('a storm of %i ends in %s after a bounded number of requests', async (status, code) => {
    const { registry, fresh } = open()
    registry.setFaults([when(/./, () => answer(status))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code })
    expect(registry.log).toHaveLength(4)
  })

  test('a pause of hours is not waited for', async () => {
    const { registry, fresh } = open()
    registry.setFaults([when(/./, () => answer(429, { 'retry-after': '86400' }))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(registry.log).toHaveLength(1)
  })

  test.each([401, 403, 429, 500, 503])(
    'a %i while listing referrers is an error, never "none"',
    async (status) => {
      for (const pattern of [/referrers/, /manifests\/sha256-/]) {
        const { registry, store } = open()
        const image = await pushArtifact(store)
        registry.setFaults([when(pattern, () => answer(status))])
        await expect(all(store.referrers(image.digest))).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:UNAUTHORIZED|RATE_LIMITED|UNREACHABLE)$/),
        })
      }
    },
  )
})

describe('ctrl-C', () => {
  test('while pushing leaves nothing under the digest and no tag', async () => {
    const { registry, store } = open()
    const controller = new AbortController()
    const bytes = new Uint8Array(8 * 1024 * 1024)
    const descriptor = { mediaType: 'a/b', digest: digestOf(bytes), size: bytes.byteLength }
    async function* aborted(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(bytes.subarray(0, 1024))
      controller.abort()
      controller.signal.throwIfAborted()
    }
    await expect(store.push(descriptor, aborted(), { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(registry.repositories.get('a/b')?.blobs.size).toBe(0)
    expect(await store.has(descriptor)).toBe(false)
  })
})

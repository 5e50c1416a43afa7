import {
  digestOf,
  fetchManifest,
  mediaTypes,
  openRepository,
  readAll,
  registryTransport,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { all, pushArtifact, pushBytes } from '@assay/test-support/artifacts'
import { testRegistry, type TestRegistry, type TestRegistryOptions } from '@assay/test-support/registry'
import { answer, apiError } from '@assay/test-support/registry/answer'
import { times, when } from '@assay/test-support/registry/faults'
import { describe, expect, test } from 'vitest'

// Attacks of groups B.1 and B.2 and the list J-10: wrong, endless and cut content.

function open(options: TestRegistryOptions = {}): {
  registry: TestRegistry
  store: ContentStore
  fresh: () => ContentStore
} {
  const registry = testRegistry(options)
  const transport = registryTransport({ base: registry.transport, retry: { pause: 1 } })
  const fresh = (): ContentStore => openRepository({ host: registry.host, repository: 'a/b' }, { transport })
  return { registry, store: fresh(), fresh }
}

async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) yield await Promise.resolve(new Uint8Array(64 * 1024).fill(0x20))
}

const nothing = { mediaType: 'a/b', digest: digestOf(new Uint8Array()), size: 0 }
const whole = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: nothing, layers: [] }
const oci = { 'content-type': mediaTypes.ociManifest }

describe('J-10 B-01 a manifest is what its bytes are', () => {
  test('other bytes under a digest are refused, although the header names the right digest', async () => {
    const { registry, store, fresh } = open()
    const image = await pushArtifact(store)
    const other = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: image,
      layers: [],
    })
    registry.setFaults([
      when(/^GET .*manifests/, () => answer(200, { ...oci, 'docker-content-digest': image.digest }, other)),
    ])
    await expect(fresh().resolve(image.digest)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    await expect(fetchManifest(fresh(), image)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test('the digest of a tag is that of the bytes, not of the header', async () => {
    const { registry, store, fresh } = open()
    const image = await pushArtifact(store)
    await store.tag(image, 'v1')
    const lie = digestOf(new Uint8Array([1]))
    registry.setFaults([
      when(/^GET .*manifests/, async (_request, honest) => {
        const response = await honest()
        return { ...response, headers: { ...response.headers, 'docker-content-digest': lie } }
      }),
    ])
    expect((await fresh().resolve('v1')).digest).toBe(image.digest)
  })

  test.each([
    ['a header of another type', mediaTypes.ociIndex, whole],
    [
      'a schema 1 document',
      'application/vnd.docker.distribution.manifest.v1+json',
      { schemaVersion: 1, fsLayers: [] },
    ],
    ['a document that is no JSON', mediaTypes.ociManifest, '<html>'],
    ['the same key twice', mediaTypes.ociManifest, '{"schemaVersion":2,"schemaVersion":2}'],
  ])('%s is refused', async (_name, type, document) => {
    const { registry, fresh } = open()
    const body = typeof document === 'string' ? document : JSON.stringify(document)
    registry.setFaults([when(/^GET .*manifests/, () => answer(200, { 'content-type': type }, body))])
    const store = fresh()
    const read = async (): Promise<unknown> => await fetchManifest(store, await store.resolve('v1'))
    await expect(read()).rejects.toMatchObject({ code: 'MALFORMED_CONTENT' })
  })
})

describe('B-12 B-16 B-19 J-10 bodies without end or of another size', () => {
  test('an endless manifest stops at its limit', async () => {
    const { registry, fresh } = open()
    registry.setFaults([when(/^GET .*manifests/, () => answer(200, oci, endless()))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test.each([401, 403, 404, 500])('an endless body of a %i stops at its limit', async (status) => {
    const { registry, fresh } = open()
    const headers = {
      'content-type': 'application/json',
      'www-authenticate': 'Bearer realm="https://registry.test/token"',
    }
    registry.setFaults([when(/./, () => answer(status, headers, endless()))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) })
  })

  test('an endless token answer stops at its limit', async () => {
    const { registry, fresh } = open({ auth: { kind: 'bearer' } })
    registry.setFaults([when(/token/, () => answer(200, {}, endless()))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('an endless blob stops at the size of its descriptor', async () => {
    const { registry, store } = open()
    const blob = await pushBytes(store, 'a/b', 'content')
    registry.setFaults([when(/^GET .*blobs/, () => answer(200, {}, endless()))])
    await expect(all(store.open(blob))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test('a descriptor that promises an impossible size reads no more than its reader allows', async () => {
    const { registry, store } = open()
    const blob: Descriptor = { ...(await pushBytes(store, 'a/b', 'content')), size: Number.MAX_SAFE_INTEGER }
    registry.setFaults([when(/^GET .*blobs/, () => answer(200, {}, endless()))])
    await expect(readAll(store.open(blob), { limit: 1024, on: 'test' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  test.each([
    ['smaller', 3],
    ['larger', 30],
  ])('a blob that is %s than its descriptor is refused', async (_name, size) => {
    const { store } = open()
    const blob = await pushBytes(store, 'a/b', 'content')
    await expect(all(store.open({ ...blob, size }))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test.each([
    ['more', '5'],
    ['less', '5000'],
    ['something unreadable', 'x'],
  ])('a manifest of which Content-Length says %s is refused', async (_name, length) => {
    const { registry, store, fresh } = open()
    const image = await pushArtifact(store)
    registry.setFaults([
      when(/^GET .*manifests/, async (_request, honest) => {
        const response = await honest()
        return { ...response, headers: { ...response.headers, 'content-length': length } }
      }),
    ])
    await expect(fresh().resolve(image.digest)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:UNREACHABLE|PROTOCOL_ERROR)$/),
    })
  })

  test('B-16 a blob with other bytes and the right header is refused', async () => {
    const { registry, store } = open()
    const blob = await pushBytes(store, 'a/b', 'content')
    registry.setFaults([
      when(/^GET .*blobs/, () => answer(200, { 'docker-content-digest': blob.digest }, 'CONTENT')),
    ])
    await expect(all(store.open(blob))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test('B-19 headers of a megabyte are refused', async () => {
    const { registry, fresh } = open()
    registry.setFaults([when(/./, () => answer(200, { ...oci, 'x-long': 'x'.repeat(1_000_000) }))])
    await expect(fresh().resolve('v1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('a registry that denies that a manifest has its digest', () => {
  test('is asked again, since the digest was computed here', async () => {
    const { registry, store } = open()
    registry.setFaults([
      times(
        3,
        when(/^PUT .*manifests/, () => apiError(400, 'DIGEST_INVALID')),
      ),
    ])
    const pushed = await pushArtifact(store, { layer: 'another' })
    expect(await store.has(pushed)).toBe(true)
  })

  test('is not asked for ever', async () => {
    const { registry, store } = open()
    registry.setFaults([when(/^PUT .*manifests/, () => apiError(400, 'DIGEST_INVALID'))])
    await expect(pushArtifact(store, { layer: 'another' })).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(registry.log.filter(({ method, status }) => method === 'PUT' && status === 400)).toHaveLength(5)
  })
})

describe('B-22 encodings', () => {
  test.each(['gzip', 'br', 'gzip, gzip, gzip', 'unknown'])(
    '%s is refused, and only identity is asked for',
    async (encoding) => {
      const registry = testRegistry()
      const asked: (string | undefined)[] = []
      const transport = registryTransport({
        base: async (request) => {
          asked.push(request.headers['accept-encoding'])
          return await registry.transport(request)
        },
      })
      registry.setFaults([when(/./, () => answer(200, { ...oci, 'content-encoding': encoding }, '{}'))])
      const store = openRepository({ host: registry.host, repository: 'a/b' }, { transport })
      await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
      expect(asked).toEqual(['identity'])
    },
  )
})

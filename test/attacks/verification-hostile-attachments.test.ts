import { findAttachments, verifyImage, type ImageDemand } from '@assay/core'
import {
  digestOf,
  mediaTypes,
  memoryStore,
  RegistryError,
  streamOf,
  withTimeLimit,
  type ContentStore,
  type Descriptor,
  type Digest,
} from '@assay/registry'
import { buildImage, pushImage } from '@assay/test-support/image-builder'
import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { plainImage } from '@assay/test-support/workspace'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { attachBundle } from '../../packages/core/src/attach/attach-bundle.ts'
import { verifyMaterial } from '../../packages/core/src/attach/verify-attachment.ts'

const emptyConfig = { bytes: Buffer.from('{}'), mediaType: mediaTypes.ociConfig }

async function push(
  store: ContentStore,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await store.push(descriptor, streamOf(bytes))
  return descriptor
}

/** An image, and these layers under its legacy tag for signatures. */
async function imageWithLayers(layers: (store: ContentStore) => Promise<readonly Descriptor[]>) {
  const store = memoryStore()
  const image = await pushImage(store, await buildImage(plainImage), 'test')
  const config = await push(store, emptyConfig)
  const mediaType = mediaTypes.ociManifest
  const manifest = { schemaVersion: 2, mediaType, config, layers: await layers(store) }
  const bytes = Buffer.from(JSON.stringify(manifest))
  await store.tag(await push(store, { bytes, mediaType }), `${image.digest.replace(':', '-')}.sig`)
  return { store, image }
}

const demand: ImageDemand = {
  signer: { kind: 'key' },
  content: { kind: 'signature' },
  now: new Date(),
  transparencyLog: 'insecure-ignore',
  sct: 'require',
}

const mediaType = mediaTypes.simpleSigning

describe('images to which somebody attached too much', () => {
  test('contents of more than 512 MiB in all leave the question open, before they are read', async () => {
    const size = 128 * 1024 * 1024
    const lying = (count: number) =>
      imageWithLayers(async () =>
        Array.from({ length: count }, (_, index) => {
          const digest = digestOf(Buffer.from(`content ${index}`))
          return { mediaType, digest, size }
        }),
      )
    const tooMuch = await lying(5)
    await expect(findAttachments(tooMuch.store, tooMuch.image.digest)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  test('a content that many layers name is read once', async () => {
    const payload = Buffer.alloc(20 * 1024 * 1024, 'x')
    const { store, image } = await imageWithLayers(async (place) => {
      const layer = await push(place, { bytes: payload, mediaType })
      return Array.from({ length: 200 }, () => layer)
    })
    const opened: Digest[] = []
    const watched: ContentStore = {
      ...store,
      open: (descriptor, call) => {
        if (descriptor.mediaType === mediaType) opened.push(descriptor.digest)
        return store.open(descriptor, call)
      },
    }
    expect((await verifyImage(watched, image, demand)).refused).toHaveLength(200)
    expect(opened).toHaveLength(1)
  })

  test('large contents are in memory one after the other', async () => {
    const size = 20 * 1024 * 1024
    const { store, image } = await imageWithLayers(async (place) => {
      const fills = ['a', 'b', 'c', 'd']
      return await Promise.all(
        fills.map((fill) => push(place, { bytes: Buffer.alloc(size, fill), mediaType })),
      )
    })
    let open = 0
    let most = 0
    const watched: ContentStore = {
      ...store,
      async *open(descriptor, call) {
        const isLarge = descriptor.size >= size
        if (isLarge) most = Math.max(most, (open += 1))
        yield* store.open(descriptor, call)
        if (isLarge) open -= 1
      },
    }
    const found = await findAttachments(watched, image.digest)
    expect({ found: found.length, most }).toEqual({ found: 4, most: 0 })
    expect((await verifyImage(watched, image, demand)).refused).toHaveLength(4)
    expect(most).toBe(1)
  })

  test('the time limit is noticed in the middle of one bundle, and judges nothing', async () => {
    const many = JSON.stringify(Array.from({ length: 190_000 }, () => 0))
    const { store, image } = await imageWithLayers(async () => [])
    const referrer = await attachBundle(store, image, {
      bundle: Buffer.from(`{"mediaType":${many}}`),
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      createdAt: new Date(),
    })
    expect(referrer.bundle.size).toBeGreaterThan(300_000)
    const signal = withTimeLimit(new AbortController().signal, 60_000)
    // The first look at the clock is before the bundle is parsed; after it the time is over, and no timer has fired.
    let looks = 0
    const clock = vi.spyOn(performance, 'now')
    onTestFinished(() => clock.mockRestore())
    const watched: ContentStore = {
      ...store,
      async *open(descriptor, call) {
        yield* store.open(descriptor, call)
        if (descriptor.digest === referrer.bundle.digest)
          clock.mockImplementation(() => (looks++ === 0 ? 0 : Infinity))
      },
    }
    await expect(verifyImage(watched, image, { ...demand, signal })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
  })

  test('that the time is over is no fault of the attachment, and ends the whole', async () => {
    const over = new RegistryError('TIMED_OUT', 'the time for the whole run is over')
    const parse = (): never => {
      throw over
    }
    const source = { kind: 'file', format: 'bundle' } as const
    const options = { ...demand, subject: digestOf(Buffer.from('x')), source }
    await expect(verifyMaterial(parse, options)).rejects.toBe(over)
  })

  test('the time limit is noticed between two attachments', async () => {
    const { store, image } = await imageWithLayers(async (place) => {
      const layer = await push(place, { bytes: Buffer.from('{}'), mediaType })
      return Array.from({ length: 1000 }, () => layer)
    })
    const hasAll = await verifyImage(store, image, demand)
    expect(hasAll.refused).toHaveLength(1000)
    const controller = new AbortController()
    const late: ContentStore = {
      ...store,
      open: (descriptor, call) => {
        // Everything is found by then: what is left is computation.
        if (descriptor.mediaType === mediaType) setTimeout(() => controller.abort(), 1)
        return store.open(descriptor, call)
      },
    }
    await expect(verifyImage(late, image, { ...demand, signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test('an image named by a sha512 digest has no legacy tag, and its bundles are found', async () => {
    const scene = await gateScene()
    const chunks: Uint8Array[] = []
    for await (const chunk of scene.repository.open(scene.image)) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const digest: Digest = digestOf(bytes, 'sha512')
    await scene.repository.push({ ...scene.image, digest }, streamOf(bytes))
    expect(await findAttachments(scene.repository, digest)).toEqual([])
    await scene.sign({}, { ...scene.image, digest })
    const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
    const report = await scene.ask(policy, {
      references: [`${scene.registry.host}/acme/app@${digest}`],
    })
    expect(report.verdict, JSON.stringify(report)).toBe('allow')
  })
})

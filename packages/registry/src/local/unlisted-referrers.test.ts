import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ContentStore } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestHex, digestOf } from '../digest.ts'
import { mediaTypes } from '../media-types.ts'
import { streamOf } from '../verified-stream.ts'
import { createLayout, openLayout } from './oci-layout.ts'

let root: string
let image: Descriptor
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'assay-unlisted-'))
  image = await saveAsCosign(await createLayout(root))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

async function push(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await store.push(descriptor, streamOf(bytes))
  return descriptor
}

/** A directory as `cosign save` leaves it: the image has a kind, and nothing else is listed. */
async function saveAsCosign(store: ContentStore): Promise<Descriptor> {
  const config = await push(store, mediaTypes.ociEmpty, bytesOf({}))
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] }
  const saved = await push(store, mediaTypes.ociManifest, bytesOf(manifest))
  await list([{ ...saved, annotations: { kind: 'dev.cosignproject.cosign/image' } }])
  return saved
}

async function list(manifests: readonly Descriptor[]): Promise<void> {
  await writeFile(join(root, 'index.json'), bytesOf({ schemaVersion: 2, manifests }))
}

function referrer(fields: object = {}): Uint8Array {
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf(bytesOf({})), size: 2 }
  return bytesOf({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'a/b',
    config,
    layers: [],
    subject: image,
    ...fields,
  })
}

/** Puts bytes under the name of other bytes, where they are given. */
async function plant(content: Uint8Array, called: Uint8Array = content): Promise<Descriptor> {
  const digest = digestOf(called)
  await writeFile(join(root, 'blobs', 'sha256', digestHex(digest)), content)
  return { mediaType: mediaTypes.ociManifest, digest, size: content.byteLength }
}

async function found(): Promise<readonly string[]> {
  const digests: string[] = []
  for await (const { digest } of openLayout(root).referrers(image.digest)) digests.push(digest)
  return digests.toSorted()
}

describe('referrers that cosign saved and did not list', () => {
  test('are found, and nothing else is', async () => {
    const [one, two] = [await plant(referrer()), await plant(referrer({ annotations: { a: 'b' } }))]
    await plant(referrer({ subject: { ...image, digest: digestOf(bytesOf('another')) } }))
    const another = { ...image, digest: digestOf(bytesOf('a third')) }
    await plant(referrer({ subject: another, annotations: { about: image.digest } }))
    await plant(bytesOf({ spdxVersion: 'SPDX-2.3', about: image.digest, schemaVersion: 'no manifest' }))
    await plant(new Uint8Array(100_000).fill(0x7b))
    await plant(new Uint8Array())
    expect(await found()).toEqual([one.digest, two.digest].toSorted())
  })

  test('are not looked for where another tool wrote the layout', async () => {
    await plant(referrer())
    await list([image])
    expect(await found()).toEqual([])
  })

  test.each([
    ['a layer that is damaged', () => plant(bytesOf('damaged'), bytesOf('layer'))],
    [
      'a manifest that is damaged',
      () => plant(referrer({ annotations: { a: 'damaged' } }), referrer({ annotations: { a: 'whole' } })),
    ],
    ['a manifest that is cut', () => plant(referrer().subarray(0, -1), referrer({ annotations: {} }))],
    [
      'a file larger than any manifest',
      () => plant(Buffer.concat([referrer(), Buffer.alloc(5_000_000, 0x20)])),
    ],
    ['a directory', async () => await mkdir(join(root, 'blobs', 'sha256', 'a'.repeat(64)))],
    [
      'a link out of the layout',
      async () => {
        await writeFile(join(root, 'outside'), referrer({ annotations: { out: 'side' } }))
        await symlink(join(root, 'outside'), join(root, 'blobs', 'sha256', 'b'.repeat(64)))
      },
    ],
    ['a name that is no digest', async () => await writeFile(join(root, 'blobs', 'sha256', 'x'), referrer())],
  ])('are found beside %s', async (_name, spoil) => {
    const whole = await plant(referrer())
    await spoil()
    expect(await found()).toEqual([whole.digest])
  })

  test('a manifest that says it is about the image and cannot be read is an error, not "none"', async () => {
    await plant(referrer({ deep: JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) }))
    await expect(found()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('what is listed must be whole', () => {
  test('a listed manifest that is damaged is an error', async () => {
    const damaged = await plant(
      referrer({ annotations: { a: 'bad' } }),
      referrer({ annotations: { a: 'odd' } }),
    )
    await list([{ ...image, annotations: { kind: 'dev.cosignproject.cosign/image' } }, damaged])
    await expect(found()).rejects.toMatchObject({ code: 'CONTENT_MISMATCH', on: damaged.digest })
  })

  test('a listed manifest that is missing is an error', async () => {
    await list([
      { ...image, annotations: { kind: 'dev.cosignproject.cosign/image' } },
      { ...image, digest: digestOf(referrer()) },
    ])
    await expect(found()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a list that changes is read again', async () => {
    const layout = openLayout(root)
    expect(await layout.resolve('')).toEqual(image)
    await list([{ ...image, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }])
    expect(await layout.resolve('v1')).toEqual(image)
    await expect(layout.resolve('v2')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

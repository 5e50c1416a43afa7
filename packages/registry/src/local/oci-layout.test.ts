import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ContentStore } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestHex, digestOf } from '../digest.ts'
import { mediaTypes } from '../media-types.ts'
import { streamOf } from '../verified-stream.ts'
import { createLayout, listLayoutImages, openLayout } from './oci-layout.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'assay-layout-'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const empty = new TextEncoder().encode('{}')

async function pushBytes(store: ContentStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await store.push(descriptor, streamOf(bytes))
  return descriptor
}

async function pushManifest(store: ContentStore, fields: object = {}): Promise<Descriptor> {
  const config = await pushBytes(store, mediaTypes.ociEmpty, empty)
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...fields }
  return await pushBytes(store, mediaTypes.ociManifest, new TextEncoder().encode(JSON.stringify(manifest)))
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

function blobPath(descriptor: Descriptor): string {
  return join(root, 'blobs', 'sha256', digestHex(descriptor.digest))
}

describe('an OCI layout', () => {
  test('gives back what was pushed, by tag, by digest and as its only image', async () => {
    const store = await createLayout(root)
    const image = await pushManifest(store)
    await store.tag(image, 'v1')
    expect(await openLayout(root).resolve('v1')).toEqual(image)
    expect(await openLayout(root).resolve(image.digest)).toEqual(image)
    expect(await openLayout(root).resolve('')).toEqual(image)
    expect(await all(store.tags())).toEqual(['v1'])
    expect(await store.has(image)).toBe(true)
  })

  test('lists referrers by their own subject, with type and annotations', async () => {
    const store = await createLayout(root)
    const image = await pushManifest(store)
    await store.tag(image, 'v1')
    const signature = await pushManifest(store, {
      artifactType: 'application/x',
      subject: image,
      annotations: { a: 'b' },
    })
    const expected = { ...signature, artifactType: 'application/x', annotations: { a: 'b' } }
    expect(await all(store.referrers(image.digest))).toEqual([expected])
    expect(await all(store.referrers(image.digest, { artifactType: 'application/y' }))).toEqual([])
    expect(await all(store.referrers(signature.digest))).toEqual([])
    expect(await store.resolve('')).toEqual(image)
  })

  test('asks for a name where there are several images', async () => {
    const store = await createLayout(root)
    await store.tag(await pushManifest(store), 'v1')
    await store.tag(await pushManifest(store, { annotations: { a: 'b' } }), 'v2')
    await expect(store.resolve('')).rejects.toMatchObject({ code: 'AMBIGUOUS_REFERENCE', got: 'v1, v2' })
    expect(await listLayoutImages(root)).toHaveLength(2)
  })

  test('moves a tag', async () => {
    const store = await createLayout(root)
    const first = await pushManifest(store)
    const second = await pushManifest(store, { annotations: { a: 'b' } })
    await store.tag(first, 'v1')
    await store.tag(second, 'v1')
    expect(await store.resolve('v1')).toEqual(second)
  })

  test('names the digest of a missing blob', async () => {
    const store = await createLayout(root)
    const image = await pushManifest(store)
    await rm(blobPath(image))
    await expect(all(store.open(image))).rejects.toMatchObject({ code: 'NOT_FOUND', on: image.digest })
  })

  test('does not take a damaged blob', async () => {
    const store = await createLayout(root)
    const image = await pushManifest(store)
    const bytes = await readFile(blobPath(image))
    await writeFile(blobPath(image), bytes.with(20, 0x20))
    await expect(all(store.open(image))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test('keeps nothing of a push with the wrong content', async () => {
    const store = await createLayout(root)
    const descriptor = { mediaType: 'a/b', digest: digestOf(empty), size: 2 }
    await expect(store.push(descriptor, streamOf(new TextEncoder().encode('[]')))).rejects.toMatchObject({
      code: 'CONTENT_MISMATCH',
    })
    expect(await store.has(descriptor)).toBe(false)
    expect(await readdir(join(root, 'blobs'))).toEqual(['sha256'])
    expect(await readdir(join(root, 'blobs', 'sha256'))).toEqual([])
  })

  test('does not tag what it does not have', async () => {
    const store = await createLayout(root)
    const absent = { mediaType: mediaTypes.ociManifest, digest: digestOf(empty), size: 2 }
    await expect(store.tag(absent, 'v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('creating it again keeps its content', async () => {
    const image = await pushManifest(await createLayout(root))
    await openLayout(root).tag(image, 'v1')
    expect(await (await createLayout(root)).resolve('v1')).toEqual(image)
  })

  test.each([
    ['no layout at all', 'NOT_FOUND', undefined],
    ['a layout of another version', 'UNSUPPORTED', '{"imageLayoutVersion":"2.0.0"}'],
    ['a layout file that is no JSON', 'MALFORMED_CONTENT', 'x'],
  ])('refuses %s', async (_name, code, text) => {
    if (text !== undefined) await writeFile(join(root, 'oci-layout'), text)
    await expect(openLayout(root).resolve('v1')).rejects.toMatchObject({ code })
  })
})

describe('B-09 B-20 a hostile layout', () => {
  test.each([
    [
      'a link to a file of the host',
      async (path: string) => await symlink('/etc/passwd', path),
      'MALFORMED_CONTENT',
    ],
    [
      'a pipe, without waiting',
      async (path: string) => await Promise.resolve(execFileSync('mkfifo', [path])),
      'MALFORMED_CONTENT',
    ],
    ['a link to a device', async (path: string) => await symlink('/dev/zero', path), 'MALFORMED_CONTENT'],
  ])('is refused where a blob is %s', async (_name, plant, code) => {
    const store = await createLayout(root)
    const blob = await pushBytes(store, 'a/b', empty)
    await rm(blobPath(blob))
    await plant(blobPath(blob))
    await expect(all(store.open(blob))).rejects.toMatchObject({ code })
    expect(await store.has(blob)).toBe(false)
  })

  test('is refused where index.json is a link', async () => {
    await createLayout(root)
    await rm(join(root, 'index.json'))
    await symlink('/dev/zero', join(root, 'index.json'))
    await expect(openLayout(root).resolve('v1')).rejects.toMatchObject({ code: 'MALFORMED_CONTENT' })
  })

  test('is refused where index.json is too large', async () => {
    await createLayout(root)
    await writeFile(join(root, 'index.json'), ' '.repeat(5 * 1024 * 1024))
    await expect(openLayout(root).resolve('v1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('does not write through a link that was planted in place of a blob', async () => {
    const store = await createLayout(root)
    const victim = join(root, 'victim')
    await writeFile(victim, 'precious')
    const descriptor = { mediaType: 'a/b', digest: digestOf(empty), size: 2 }
    await symlink(victim, blobPath(descriptor))
    await store.push(descriptor, streamOf(empty))
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect(await all(store.open(descriptor))).toEqual([Buffer.from(empty)])
  })
})

describe('several writers', () => {
  test('in one process lose nothing', async () => {
    const store = await createLayout(root)
    const image = await pushManifest(store)
    const work = Array.from({ length: 20 }, async (_, at) => {
      await pushManifest(store, { subject: image, annotations: { at: String(at) } })
    })
    await Promise.all(work)
    expect(await all(store.referrers(image.digest))).toHaveLength(20)
  })

  test('in several processes lose nothing, also where one died with the lock', async () => {
    await createLayout(root)
    await writeFile(join(root, 'index.json.lock'), `${(await import('node:os')).hostname()} 999999999 gone`)
    const script = join(root, 'writer.mjs')
    const layout = new URL('oci-layout.ts', import.meta.url).href
    const crypto = new URL('../digest.ts', import.meta.url).href
    await writeFile(
      script,
      `import { openLayout } from ${JSON.stringify(layout)}
       import { digestOf } from ${JSON.stringify(crypto)}
       const store = openLayout(process.argv[2])
       async function* one(bytes) { yield bytes }
       for (let at = 0; at < 10; at += 1) {
         const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [], annotations: { at: process.argv[3] + at } }))
         const descriptor = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(bytes), size: bytes.byteLength }
         await store.push(descriptor, one(bytes))
         await store.tag(descriptor, process.argv[3] + at)
       }`,
    )
    const children = ['a', 'b', 'c'].map((name) => fork(script, [root, name], { execArgv: [] }))
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
    expect(codes).toEqual([0, 0, 0])
    expect(await all(openLayout(root).tags())).toHaveLength(30)
    expect((await readdir(root)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout', 'writer.mjs'])
  })
})

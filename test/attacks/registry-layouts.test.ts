import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { copyGraph, createLayout, digestOf, openLayout, streamOf, type Descriptor } from '@assay/registry'
import { buildImage, pushImage } from '@assay/test-support/image-builder'
import { plainImage, workspace } from '@assay/test-support/workspace'
import { describe, expect, test } from 'vitest'
import { withLock } from '../../packages/registry/src/local/layout-lock.ts'

const bytes = Buffer.from('planted')
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.length,
}

describe('B-09: folders of a layout that are links', () => {
  test.each(['blobs', 'blobs/sha256'])(
    '%s: nothing is written to or read from where it leads',
    async (name) => {
      await using place = await workspace()
      const root = place.path('layout')
      await createLayout(root)
      await mkdir(place.path('outside', 'sha256'), { recursive: true })
      await rm(join(root, name), { recursive: true })
      await symlink(
        name === 'blobs' ? place.path('outside') : place.path('outside', 'sha256'),
        join(root, name),
      )
      await writeFile(place.path('outside', 'sha256', blob.digest.slice(7)), bytes)
      const store = openLayout(root)
      const other = { ...blob, digest: digestOf(Buffer.from('another')) }
      const refused = { code: 'MALFORMED_CONTENT' }
      await expect(createLayout(root)).rejects.toMatchObject(refused)
      await expect(store.push(other, streamOf(Buffer.from('another')))).rejects.toMatchObject(refused)
      await expect(store.has(blob)).rejects.toMatchObject(refused)
      await expect(read(store.open(blob))).rejects.toMatchObject(refused)
      expect(await readdir(place.path('outside'), { recursive: true })).toEqual([
        'sha256',
        `sha256/${blob.digest.slice(7)}`,
      ])
    },
  )
})

describe('B-09: a blob of the right size and other bytes stands in the target', () => {
  test('is not taken for the right one, and is replaced by the copy', async () => {
    await using place = await workspace()
    const root = place.path('layout')
    const image = await buildImage(plainImage)
    await pushImage(await createLayout(root), image, 'test')
    for (const { descriptor } of image.blobs) {
      await writeFile(blobPath(root, descriptor), Buffer.alloc(descriptor.size, 0x78))
      expect(await openLayout(root).has(descriptor)).toBe(false)
    }
    await copyGraph(image.source, openLayout(root), { root: image.descriptor, referrers: false })
    for (const { descriptor, bytes: right } of image.blobs)
      expect(await readFile(blobPath(root, descriptor))).toEqual(Buffer.from(right))
  })
})

describe('B-09: locks of dead processes', () => {
  test(
    'several processes and many dead locks lose no tag that was acknowledged',
    { timeout: 120_000 },
    async () => {
      await using place = await workspace()
      const root = place.path('layout')
      const image = await buildImage(plainImage)
      await pushImage(await createLayout(root), image, 'first')
      const script = await place.write('writer.mjs', writerScript)
      const names = ['a', 'b', 'c', 'd', 'e', 'f']
      const children = names.map((name) =>
        fork(script, [root, image.descriptor.digest, String(image.descriptor.size), name], { execArgv: [] }),
      )
      const running = Promise.all(children.map(async (child) => Number((await once(child, 'exit'))[0])))
      const planting = plantUntil(running, root)
      expect(await running).toEqual(names.map(() => 0))
      expect(await planting).toBeGreaterThan(10)
      const tags = await all(openLayout(root).tags())
      const wanted = names.flatMap((name) => Array.from({ length: 100 }, (_, at) => `${name}-${at}`))
      expect(wanted.filter((tag) => !tags.includes(tag))).toEqual([])
    },
  )

  test('a lock that nobody wrote into is taken over after a time', async () => {
    await using place = await workspace()
    const root = place.path('layout')
    const image = await buildImage(plainImage)
    const store = await createLayout(root)
    await pushImage(store, image, 'first')
    const lock = join(root, 'index.json.lock')
    await writeFile(lock, '')
    const old = Date.now() / 1000 - 60
    await utimes(lock, old, old)
    await store.tag(image.descriptor, 'second')
    expect(await all(store.tags())).toEqual(['first', 'second'])
    expect((await readdir(root)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('the lock of a dead process that was taking over a lock is taken over, too', async () => {
    await using place = await workspace()
    const root = place.path('layout')
    const image = await buildImage(plainImage)
    const store = await createLayout(root)
    await pushImage(store, image, 'first')
    await plant(root, 'index.json.lock')
    await plant(root, 'index.json.lock.over')
    await store.tag(image.descriptor, 'second')
    expect(await all(store.tags())).toEqual(['first', 'second'])
    expect((await readdir(root)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('a writer whose lock was taken away changes nothing, and leaves the lock of another alone', async () => {
    await using place = await workspace()
    const path = place.path('index.json')
    const lock = `${path}.lock`
    const work = withLock(path, async (stillHeld) => {
      await writeFile(lock, `${hostname()} ${process.pid} another`)
      await stillHeld()
    })
    await expect(work).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(await readFile(lock, 'utf8')).toContain('another')
  })
})

const registry = resolve(import.meta.dirname, '../../packages/registry/src/local/oci-layout.ts')
const writerScript = `
  import { openLayout } from ${JSON.stringify(registry)}
  const [root, digest, size, name] = process.argv.slice(2)
  const store = openLayout(root)
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: Number(size) }
  for (let at = 0; at < 100; at += 1) await store.tag(descriptor, name + '-' + at)
`

/** No process has this id: it was one of a process that ended. */
const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))

/** Plants a lock as a process gets one that dies with it: exclusively. */
async function plant(root: string, name: string): Promise<boolean> {
  const temporary = join(root, '..', `dead-${Math.random()}`)
  await writeFile(temporary, `${hostname()} ${dead} ${Math.random()}`)
  const old = Date.now() / 1000 - 5
  await utimes(temporary, old, old)
  try {
    await link(temporary, join(root, name))
    return true
  } catch {
    return false
  } finally {
    await rm(temporary)
  }
}

async function plantUntil(end: Promise<unknown>, root: string): Promise<number> {
  let planted = 0
  const over = new AbortController()
  void end.finally(() => {
    over.abort()
  })
  while (!over.signal.aborted) {
    if (await plant(root, 'index.json.lock')) planted += 1
    await sleep(4)
  }
  return planted
}

function blobPath(root: string, { digest }: Descriptor): string {
  return join(root, 'blobs', ...digest.split(':'))
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await all(content))
}

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  copyGraph,
  digestOf,
  openLayout,
  openRepository,
  registryTransport,
  streamOf,
  type Repository,
} from '@assay/registry'
import { all, pushArtifact, pushBytes, pushIndex } from '@assay/test-support/artifacts'
import {
  hasDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '@assay/test-support/docker-registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
// Locally the program may be missing; in CI that is a failure.
const isMissing = !hasDockerRegistry && process.env['CI'] !== 'true'

describe.skipIf(isMissing)('distribution 2.8 (docker-registry), which has no referrers API', () => {
  let registry: DockerRegistry
  let directory: string
  const open = (repository: string): Repository =>
    openRepository({ host: registry.host, repository }, { transport: registryTransport() })

  beforeAll(async () => {
    registry = await startDockerRegistry()
    directory = await mkdtemp(join(tmpdir(), 'assay-e2e-'))
  })
  afterAll(async () => {
    await registry.stop()
    await rm(directory, { recursive: true, force: true })
  })

  test('takes and gives back images, indexes, tags and large blobs', async () => {
    const store = open('a/images')
    const index = await pushIndex(store, [
      await pushArtifact(store, { layer: 'one' }),
      await pushArtifact(store, { layer: 'two' }),
    ])
    await store.tag(index, 'v1')
    await store.tag(index, 'v2')
    expect(await open('a/images').resolve('v1')).toEqual(index)
    expect(await all(store.tags())).toEqual(['v1', 'v2'])
    const bytes = new Uint8Array(20 * 1024 * 1024).map((_, at) => at % 251)
    const blob = await pushBytes(store, 'application/octet-stream', bytes)
    expect(await store.has(blob)).toBe(true)
    expect(digestOf(Buffer.concat(await all(open('a/images').open(blob))))).toBe(blob.digest)
  })

  test('says that something is not there', async () => {
    await expect(open('a/nothing').resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(all(open('a/nothing').tags())).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const absent = { mediaType: 'a/b', digest: digestOf(new Uint8Array()), size: 0 }
    expect(await open('a/nothing').has(absent)).toBe(false)
    await expect(all(open('a/nothing').open(absent))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('keeps referrers under the fallback tag', async () => {
    const store = open('a/referrers')
    const image = await pushArtifact(store)
    expect(await all(store.referrers(image.digest))).toEqual([])
    const first = await pushArtifact(store, { subject: image, artifactType: 'a/a' })
    const second = await pushArtifact(store, { subject: image, artifactType: 'b/b' })
    await store.push(first, streamOf(Buffer.concat(await all(store.open(first)))))
    const listed = await all(open('a/referrers').referrers(image.digest))
    expect(listed.map(({ digest }) => digest)).toEqual([first.digest, second.digest])
    expect(await all(store.tags())).toEqual([`sha256-${image.digest.slice('sha256:'.length)}`])
  })

  test('mounts a blob from another repository', async () => {
    const from = open('a/from')
    const blob = await pushBytes(from, 'application/octet-stream', 'shared')
    const to = open('a/to')
    expect(await to.mount(blob, 'a/from')).toBe(true)
    expect(await to.has(blob)).toBe(true)
    const absent = { ...blob, digest: digestOf(new Uint8Array([1])) }
    expect(await to.mount(absent, 'a/from')).toBe(false)
  })

  test('deletes', async () => {
    const store = open('a/deleted')
    const image = await pushArtifact(store)
    await store.remove(image.digest)
    expect(await store.has(image)).toBe(false)
    await store.remove(image.digest)
  })

  test('two processes that write referrers at the same time lose nothing', { timeout: 120_000 }, async () => {
    const store = open('a/writers')
    const image = await pushArtifact(store)
    await store.tag(image, 'v1')
    const writer = resolve(import.meta.dirname, '../support/registry/push-referrers.ts')
    const start = async (name: string): Promise<unknown> =>
      await run(process.execPath, [
        '-C',
        '@assay/source',
        writer,
        registry.host,
        'a/writers',
        'v1',
        name,
        '8',
      ])
    await Promise.all([start('a'), start('b'), start('c')])
    const listed = await all(open('a/writers').referrers(image.digest))
    const names = listed.map(({ annotations }) => annotations?.['name'] ?? '').toSorted()
    expect(names).toEqual(
      ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 8 }, (_, at) => `${name}${at}`)),
    )
  })

  test('many writers that share a blob are all heard, although the registry denies right digests then', async () => {
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        const store = open('a/sharing')
        for (let at = 0; at < 4; at += 1)
          expect(
            await store.has(
              await pushArtifact(store, { layer: `${at}`, annotations: { writer: `${writer}` } }),
            ),
          ).toBe(true)
      }),
    )
  })

  test('skopeo reads byte for byte what we push, and we what it pushes', async () => {
    const store = open('a/skopeo')
    const config = await pushBytes(
      store,
      'application/vnd.oci.image.config.v1+json',
      JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
    )
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [],
    }
    const image = await pushBytes(store, manifest.mediaType, JSON.stringify(manifest))
    await store.tag(image, 'v1')
    const place = `docker://${registry.host}/a/skopeo`
    const layout = join(directory, 'layout')
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      '--src-tls-verify=false',
      `${place}:v1`,
      `oci:${layout}:v1`,
    ])
    expect(await openLayout(layout).resolve('v1')).toEqual(image)
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      '--dest-tls-verify=false',
      `oci:${layout}:v1`,
      `${place}:v2`,
    ])
    expect(await open('a/skopeo').resolve('v2')).toEqual(image)
    const index: unknown = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
    expect(index).toMatchObject({ schemaVersion: 2 })
  })

  test('copies an image with its referrers between two repositories', async () => {
    const from = open('a/copy-from')
    const image = await pushArtifact(from)
    const referrer = await pushArtifact(from, { subject: image, artifactType: 'a/a' })
    const to = open('b/copy-to')
    await copyGraph(from, to, { root: image, referrers: true })
    await to.tag(image, 'v1')
    expect(await all(to.referrers(image.digest))).toMatchObject([{ digest: referrer.digest }])
  })
})

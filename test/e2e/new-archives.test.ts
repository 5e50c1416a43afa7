import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  copyGraph,
  createArchive,
  createLayout,
  digestOf,
  memoryStore,
  openArchive,
  openLayout,
  RegistryError,
  streamOf,
  type ContentStore,
} from '@assay/registry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { all, pushArtifact, pushIndex } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { buildImage, pushImage, type BuiltImage } from '../support/image-builder.ts'
import { password } from '../support/workspace.ts'

const run = promisify(execFile)
const noSkopeo = process.env['CI'] !== 'true' && spawnSync('skopeo', ['--version']).status !== 0
let directory: string
let layout: ContentStore
let image: BuiltImage
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-new-archives-'))
  layout = await createLayout(path('layout'))
  image = await buildImage({
    layers: [
      { entries: [{ kind: 'file', path: 'hello', content: 'hello' }] },
      { entries: [{ kind: 'file', path: 'large', content: new Uint8Array(3_000_000) }], compression: 'none' },
    ],
    config: { User: '65532' },
  })
  await pushImage(layout, image, 'v1')
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const path = (...parts: readonly string[]): string => join(directory, ...parts)
const skopeo = async (...args: readonly string[]): Promise<unknown> =>
  await run('skopeo', ['--insecure-policy', 'copy', '-q', ...args])

async function expectWhole(store: ContentStore, name: string): Promise<void> {
  expect(await store.resolve(name)).toEqual(image.descriptor)
  for (const { descriptor, bytes } of image.blobs)
    expect(Buffer.concat(await all(store.open(descriptor)))).toEqual(Buffer.from(bytes))
}

describe.each(['oci-archive', 'docker-archive'] as const)('%s: as the target of a copy', (kind) => {
  const format = kind === 'oci-archive' ? 'oci' : 'docker'
  const name = format === 'oci' ? 'v1' : 'team/app:v1'
  const open = (): ContentStore => openArchive({ path: path('x.tar'), format })
  const copy = async (): Promise<unknown> => await runCli(['copy', `oci:${path('layout')}:v1`, target])
  let target: string
  beforeEach(() => {
    target = `${kind}:${path('x.tar')}:${name}`
  })

  test('holds the image and all that refers to it, and replaces what was there', async () => {
    const referrer = await pushArtifact(layout, { subject: image.descriptor, artifactType: 'a/b' })
    await writeFile(path('x.tar'), 'something else')
    for (let time = 0; time < 2; time += 1) {
      expect(await copy()).toMatchObject({ code: 0, stderr: '' })
      await expectWhole(open(), name)
      expect(await all(open().referrers(image.descriptor.digest))).toMatchObject([
        { digest: referrer.digest },
      ])
      expect((await readdir(directory)).toSorted()).toEqual(['layout', 'x.tar'])
    }
    expect(await runCli(['copy', target, `oci:${path('back')}:v1`])).toMatchObject({ code: 0, stderr: '' })
    await expectWhole(openLayout(path('back')), 'v1')
  })

  test('a copy that fails leaves no archive, and an older one as it was', async () => {
    const [blob] = image.blobs.filter(({ descriptor }) => descriptor.size > 1_000_000)
    const hex = blob?.descriptor.digest.slice('sha256:'.length) ?? ''
    await writeFile(path('layout', 'blobs', 'sha256', hex), Buffer.alloc(blob?.descriptor.size ?? 0, 1))
    expect(await copy()).toMatchObject({ code: 1 })
    expect(await readdir(directory)).toEqual(['layout'])
    await writeFile(path('x.tar'), 'older')
    expect(await copy()).toMatchObject({ code: 1 })
    expect(await readFile(path('x.tar'), 'utf8')).toBe('older')
    expect((await readdir(directory)).toSorted()).toEqual(['layout', 'x.tar'])
  })

  test.skipIf(noSkopeo)('is read by skopeo, GNU tar and umoci', async () => {
    await copy()
    await skopeo(`${kind}:${path('x.tar')}:${name}`, `dir:${path('dir')}`)
    const config = image.blobs.find(({ bytes }) => Buffer.from(bytes).includes('65532'))
    const files = await readdir(path('dir'))
    expect(files).toContain(config?.descriptor.digest.slice('sha256:'.length))
    await run('mkdir', [path('unpacked')])
    await run('tar', ['-C', path('unpacked'), '-xf', path('x.tar')])
    await expectWhole(openLayout(path('unpacked')), 'v1')
    await run('umoci', ['stat', '--image', `${path('unpacked')}:v1`])
  })
})

/** Content that is cut after its first half, once. */
function cutOnce(bytes: Uint8Array): () => AsyncGenerator<Uint8Array, void, undefined> {
  let isCut = false
  return async function* () {
    yield await Promise.resolve(bytes.subarray(0, bytes.byteLength / 2))
    if (!isCut) {
      isCut = true
      throw new RegistryError('UNREACHABLE', 'cut')
    }
    yield bytes.subarray(bytes.byteLength / 2)
  }
}

describe('a blob that is cut on its way into an archive', () => {
  const bytes = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 13)
  const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.byteLength }

  test('and comes again has one whole place', async () => {
    const archive = await createArchive({ path: path('x.tar'), format: 'oci' })
    const from = { ...memoryStore(), open: cutOnce(bytes) }
    await copyGraph(from, archive.store, { root: blob, referrers: false })
    await archive.finish()
    const back = await all(openArchive({ path: path('x.tar'), format: 'oci' }).open(blob))
    expect(Buffer.concat(back).equals(bytes)).toBe(true)
    expect((await stat(path('x.tar'))).size).toBeLessThan(2 * blob.size)
  })

  test('and does not come again leaves no archive', async () => {
    const archive = await createArchive({ path: path('x.tar'), format: 'oci' })
    await expect(archive.store.push(blob, cutOnce(bytes)())).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await expect(archive.finish()).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(await readdir(directory)).toEqual(['layout'])
  })
})

describe('an archive', () => {
  test('with sha512 digests has names that readers find whole', async () => {
    const from = memoryStore()
    const bytes = Buffer.from('x'.repeat(5000))
    const blob = { mediaType: 'a/b', digest: digestOf(bytes, 'sha512'), size: bytes.byteLength }
    await from.push(blob, streamOf(bytes))
    const root = await pushArtifact(from, { layers: [blob] })
    const to = await createArchive({ path: path('y.tar'), format: 'oci' })
    await copyGraph(from, to.store, { root, referrers: false })
    await to.store.tag(root, 'v1')
    await to.finish()
    const archive = openArchive({ path: path('y.tar'), format: 'oci' })
    expect(await archive.resolve('v1')).toMatchObject({ digest: root.digest })
    expect(Buffer.concat(await all(archive.open(blob)))).toEqual(bytes)
    expect((await run('tar', ['-tf', path('y.tar')])).stdout).toContain(blob.digest.replace(':', '/'))
  })

  test('of Docker without a name lists its image without one, and takes no index', async () => {
    await runCli(['copy', `oci:${path('layout')}:v1`, `docker-archive:${path('y.tar')}`])
    await run('mkdir', [path('unpacked')])
    await run('tar', ['-C', path('unpacked'), '-xf', path('y.tar')])
    expect(JSON.parse(await readFile(path('unpacked', 'manifest.json'), 'utf8'))).toMatchObject([
      { RepoTags: null },
    ])
    await expectWhole(openArchive({ path: path('y.tar'), format: 'docker' }), '')
    await layout.tag(await pushIndex(layout, [image.descriptor]), 'index')
    const refused = await runCli(['copy', `oci:${path('layout')}:index`, `docker-archive:${path('z.tar')}`])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('--platform')
  })

  test('of several signed images is saved, verified in place without a network, and loaded', async () => {
    const other = await buildImage({ layers: [{ entries: [] }] })
    await pushImage(layout, other, 'v2')
    await runCli(['keys', 'generate', '--output-key-prefix', path('k')], { env: password })
    const sign = ['sign', '--key', path('k.key'), '--tlog-upload=false', '--signature-format', 'both']
    await runCli([...sign, `oci:${path('layout')}:v1`], { env: password })
    const images = ['v1', 'v2'].map((tag) => `oci:${path('layout')}:${tag}`)
    const saved = await runCli(['save', '--archive', path('all.tar'), ...images])
    expect(saved).toMatchObject({ code: 0, stderr: '' })
    const verify = ['verify', '--key', path('k.pub'), '--insecure-ignore-tlog', '--offline']
    const wrapper = ['unshare', '-rn']
    expect(await runCli([...verify, `oci-archive:${path('all.tar')}:v1`], { wrapper })).toMatchObject({
      code: 0,
    })
    expect(await runCli([...verify, `oci-archive:${path('all.tar')}:v2`], { wrapper })).toMatchObject({
      code: 1,
    })
    const load = ['load', '--archive', path('all.tar'), '--name', 'v1', `oci:${path('loaded')}:v1`]
    expect(await runCli(load)).toMatchObject({ code: 0, stderr: '' })
    expect(await runCli([...verify, `oci:${path('loaded')}:v1`])).toMatchObject({ code: 0 })
  })

  test.skipIf(noSkopeo)('of docker save is loaded by its names', async () => {
    await skopeo(`oci:${path('layout')}:v1`, `docker-archive:${path('y.tar')}:app:1`)
    const load = ['load', '--archive', path('y.tar'), '--name', 'app:1', `oci:${path('loaded')}:v1`]
    expect(await runCli(load)).toMatchObject({ code: 0, stderr: '' })
  })
})

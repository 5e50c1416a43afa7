import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  createLayout,
  digestOf,
  fetchManifest,
  openArchive,
  parseReference,
  type ContentSource,
} from '@assay/registry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { all, pushArtifact } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { buildImage, pushImage, type BuiltImage } from '../support/image-builder.ts'
import { tarBytes, type TarEntry } from '../support/tar-bytes.ts'

const run = promisify(execFile)
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-archives-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const path = (...parts: readonly string[]): string => join(directory, ...parts)
const oci = (): ContentSource => openArchive({ path: path('x.tar'), format: 'oci' })
const docker = (): ContentSource => openArchive({ path: path('x.tar'), format: 'docker' })

async function image(name: string = 'hello'): Promise<BuiltImage> {
  return await buildImage({
    layers: [{ entries: [{ kind: 'file', path: name, content: name }], compression: 'none' }],
    config: { User: '65532' },
  })
}

async function archive(entries: readonly TarEntry[]): Promise<void> {
  await writeFile(path('x.tar'), await tarBytes(entries))
}

const file = (name: string, content: string | Uint8Array): TarEntry => ({ kind: 'file', path: name, content })

describe('oci-archive:', () => {
  test('reads a layout that GNU tar packed: names, blobs and referrers', async () => {
    const layout = await createLayout(path('layout'))
    const built = await image()
    await pushImage(layout, built, 'v1')
    const referrer = await pushArtifact(layout, { subject: built.descriptor, artifactType: 'a/b' })
    await run('tar', ['-C', path('layout'), '-cf', path('x.tar'), '.'])
    expect(await oci().resolve('v1')).toEqual(built.descriptor)
    expect(await oci().resolve('')).toEqual(built.descriptor)
    expect(await oci().resolve(referrer.digest)).toMatchObject({ digest: referrer.digest })
    expect(await all(oci().tags())).toEqual(['v1'])
    expect(await all(oci().referrers(built.descriptor.digest))).toMatchObject([{ digest: referrer.digest }])
    for (const { descriptor, bytes } of built.blobs)
      expect(Buffer.concat(await all(oci().open(descriptor)))).toEqual(Buffer.from(bytes))
    await expect(oci().resolve('v2')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is copied by the CLI into a layout', async () => {
    const layout = await createLayout(path('layout'))
    await pushImage(layout, await image(), 'v1')
    await run('tar', ['-C', path('layout'), '-cf', path('x.tar'), 'oci-layout', 'index.json', 'blobs'])
    const copied = await runCli(['copy', `oci-archive:${path('x.tar')}`, `oci:${path('out')}:v1`])
    expect(copied).toMatchObject({ code: 0, stderr: '' })
  })

  test.each([
    ['a blob with other content', 'other', 'CONTENT_MISMATCH'],
    ['a missing blob', undefined, 'NOT_FOUND'],
  ])('does not take %s', async (_name, content, code) => {
    const digest = digestOf(Buffer.from('whole'))
    const hex = digest.slice('sha256:'.length)
    await archive(content === undefined ? [] : [file(`blobs/sha256/${hex}`, content)])
    await expect(all(oci().open({ mediaType: 'a/b', digest, size: 5 }))).rejects.toMatchObject({ code })
  })

  test.each([
    ['no layout', async () => await archive([file('a', 'a')]), 'NOT_FOUND'],
    ['no file', async () => await Promise.resolve(), 'NOT_FOUND'],
    ['no tar', async () => await writeFile(path('x.tar'), Buffer.alloc(2048, 0x61)), 'MALFORMED_CONTENT'],
    [
      'B-01 a name that stands twice',
      async () => await archive([file('index.json', '{}'), file('index.json', '[]')]),
      'MALFORMED_CONTENT',
    ],
    [
      'a cut archive',
      async () => {
        await archive([file('oci-layout', 'x'.repeat(3000))])
        await truncate(path('x.tar'), 2000)
      },
      'MALFORMED_CONTENT',
    ],
    [
      'a compressed archive',
      async () =>
        await writeFile(path('x.tar'), Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(1022)])),
      'UNSUPPORTED',
    ],
  ])('refuses what is %s', async (_name, make, code) => {
    await make()
    await expect(oci().resolve('')).rejects.toMatchObject({ code })
  })
})

/** What `docker save` wrote before it wrote layouts. */
async function dockerSave(built: BuiltImage, change: object = {}): Promise<void> {
  const manifest = await fetchManifest(built.source, built.descriptor)
  if (manifest.kind !== 'manifest') throw new Error('no manifest')
  const bytesOf = async (at: typeof manifest.config): Promise<Uint8Array> =>
    Buffer.concat(await all(built.source.open(at)))
  const entries = [file('c.json', await bytesOf(manifest.config))]
  for (const [at, layer] of manifest.layers.entries())
    entries.push(file(`${at}/layer.tar`, await bytesOf(layer)))
  const Layers = manifest.layers.map((_, at) => `${at}/layer.tar`)
  const list = [{ Config: 'c.json', RepoTags: ['app:1', 'r.example/app:2'], Layers, ...change }]
  await archive([...entries, file('manifest.json', JSON.stringify(list))])
}

describe('docker-archive:', () => {
  test('reads the old form: layers are verified against the digests of the config', async () => {
    await dockerSave(await image())
    const root = await docker().resolve('')
    for (const name of ['app:1', 'docker.io/library/app:1', 'r.example/app:2', root.digest])
      expect(await docker().resolve(name)).toEqual(root)
    const manifest = await fetchManifest(docker(), root)
    const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
    expect(layer?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar')
    expect(layer === undefined ? [] : await all(docker().open(layer))).toHaveLength(1)
    await expect(docker().resolve('app:3')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const inspected = await runCli(['inspect', `docker-archive:${path('x.tar')}:app:1`])
    expect(inspected).toMatchObject({ code: 0, stderr: '' })
  })

  test('reads compressed layers that other tools put there', async () => {
    await dockerSave(await buildImage({ layers: [{ entries: [file('a', 'a')] }] }))
    const manifest = await fetchManifest(docker(), await docker().resolve('app:1'))
    const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
    expect(layer?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
    expect(layer === undefined ? [] : await all(docker().open(layer))).toHaveLength(1)
  })

  test('does not take a layer that is not the one of the config', async () => {
    const [right, wrong] = [await image('right'), await image('wrong')]
    await dockerSave(right)
    const manifest = await fetchManifest(wrong.source, wrong.descriptor)
    const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
    if (layer === undefined) throw new Error('no layer')
    const config = await fetchManifest(right.source, right.descriptor)
    await archive([
      file(
        'c.json',
        Buffer.concat(await all(right.source.open(config.kind === 'manifest' ? config.config : layer))),
      ),
      file('0/layer.tar', Buffer.concat(await all(wrong.source.open(layer)))),
      file('manifest.json', JSON.stringify([{ Config: 'c.json', Layers: ['0/layer.tar'] }])),
    ])
    const made = await fetchManifest(docker(), await docker().resolve(''))
    const [claimed] = made.kind === 'manifest' ? made.layers : []
    if (claimed === undefined) throw new Error('no layer')
    await expect(all(docker().open(claimed))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
  })

  test.each([
    ['a layer that is not there', { Layers: ['1/layer.tar'] }],
    ['B-04 a layer outside of the archive', { Layers: ['../../etc/passwd'] }],
    ['more layers than the config has', { Layers: ['0/layer.tar', '0/layer.tar'] }],
    ['layers that are no names', { Layers: [1] }],
  ])('refuses %s', async (_name, change) => {
    await dockerSave(await image(), change)
    await expect(docker().resolve('')).rejects.toMatchObject({ code: 'MALFORMED_CONTENT' })
  })

  test.skipIf(process.env['CI'] !== 'true' && !hasSkopeo)('reads what skopeo wrote', async () => {
    const layout = await createLayout(path('layout'))
    await pushImage(layout, await buildImage({ layers: [{ entries: [file('a', 'a')] }] }), 'v1')
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      `oci:${path('layout')}:v1`,
      `docker-archive:${path('x.tar')}:app:1`,
    ])
    expect(await all(docker().tags())).toEqual(['docker.io/library/app:1'])
    const manifest = await fetchManifest(docker(), await docker().resolve('app:1'))
    for (const layer of manifest.kind === 'manifest' ? manifest.layers : []) await all(docker().open(layer))
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      `oci:${path('layout')}:v1`,
      `oci-archive:${path('y.tar')}:v1`,
    ])
    const theirs = openArchive({ path: path('y.tar'), format: 'oci' })
    expect(await theirs.resolve('v1')).toEqual(await layout.resolve('v1'))
  })
})

test('references of archives are read like those of layouts', () => {
  expect(parseReference('oci-archive:/a b/x.tar:v1')).toMatchObject({
    kind: 'archive',
    format: 'oci',
    path: '/a b/x.tar',
    tag: 'v1',
  })
  expect(parseReference('docker-archive:x.tar:app:1')).toMatchObject({
    format: 'docker',
    path: 'x.tar',
    tag: 'app:1',
  })
  expect(() => parseReference('docker-archive:')).toThrowError(
    expect.objectContaining({ code: 'INVALID_REFERENCE' }),
  )
})

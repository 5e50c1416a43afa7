import { buildImage, sha256Hex, type LayerDescription } from '@assay/test-support/image-builder'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import { renderFiles } from '../../report/files-text.ts'
import { inspectImage } from '../inspect-image.ts'
import type { FileReport } from './file-report.ts'
import { listFiles, type FilesReport, type FilesView } from './list-files.ts'

const file = (path: string, content = 'x'): TarEntry => ({ kind: 'file', path, content })
const folder = (path: string): TarEntry => ({ kind: 'directory', path })
const link = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })

async function listed(
  layers: readonly (readonly TarEntry[] | LayerDescription)[],
  view: FilesView,
  path?: string,
): Promise<FilesReport> {
  const image = await buildImage({
    layers: layers.map((layer) => ('length' in layer ? { entries: layer } : layer)),
  })
  return await listFiles(image.source, image.descriptor, {
    reference: 'built',
    view,
    ...(path === undefined ? {} : { path }),
  })
}

const rows = (report: FilesReport): readonly string[] =>
  report.images.flatMap(({ files }) => files.map((row) => `${row.path} L${row.layer} ${row.state}`))

function historyOf(report: FilesReport, path: string): readonly Partial<FileReport>[] {
  const files = report.images.flatMap((image) => image.files).filter((row) => row.path === path)
  return files.map(({ layer, state, endedBy, introduced, changed, deleted }) => ({
    layer,
    state,
    endedBy,
    introduced,
    changed,
    deleted,
  }))
}

describe('every file of every layer', () => {
  const layers = [
    [file('etc/a', '1'), file('etc/b'), file('opt/c'), folder('d'), file('d/e'), file('lone')],
    [file('etc/a', '22'), file('etc/.wh.b', ''), file('d', 'now a file')],
    [file('etc/b', 'again'), file('opt/.wh..wh..opq', '')],
  ] as const

  test('has what became of it', async () => {
    expect(rows(await listed(layers, 'layers'))).toEqual([
      '/d L0 overwritten',
      '/d L1 present',
      '/d/e L0 shadowed',
      '/etc L0 present',
      '/etc/.wh.b L1 whiteout',
      '/etc/a L0 overwritten',
      '/etc/a L1 present',
      '/etc/b L0 deleted',
      '/etc/b L2 present',
      '/lone L0 present',
      '/opt L0 present',
      '/opt/.wh..wh..opq L2 whiteout',
      '/opt/c L0 deleted',
    ])
  })
  test('names the layers that introduced, changed and deleted it', async () => {
    const report = await listed(layers, 'layers')
    const life = { introduced: 0, changed: [1], deleted: null }
    expect(historyOf(report, '/etc/a')).toEqual([
      { layer: 0, state: 'overwritten', endedBy: 1, ...life },
      { layer: 1, state: 'present', endedBy: null, ...life },
    ])
    expect(historyOf(report, '/etc/b')).toEqual([
      { layer: 0, state: 'deleted', endedBy: 1, introduced: 0, changed: [], deleted: 1 },
      { layer: 2, state: 'present', endedBy: null, introduced: 2, changed: [], deleted: null },
    ])
    expect(historyOf(report, '/d/e')).toEqual([
      { layer: 0, state: 'shadowed', endedBy: 1, introduced: 0, changed: [], deleted: 1 },
    ])
    expect(historyOf(report, '/opt/c')).toMatchObject([{ endedBy: 2, deleted: 2 }])
  })
  test('is in the inspection report where asked for, and two runs give the same bytes', async () => {
    const image = await buildImage({ layers: layers.map((entries) => ({ entries })) })
    const run = async (): Promise<string> =>
      JSON.stringify(
        await inspectImage(image.source, image.descriptor, { reference: 'built', files: true }),
        null,
        2,
      )
    const first = await run()
    expect(await run()).toBe(first)
    const report = await listed(layers, 'layers')
    const files = report.images[0]?.files.map(({ sha256, ...rest }) => (sha256 === null ? rest : {}))
    expect(JSON.parse(first)).toMatchObject({ images: [{ files }] })
    expect(first).toContain(`"sha256": "${sha256Hex('again')}"`)
    const without = await inspectImage(image.source, image.descriptor, { reference: 'built' })
    expect(without.images[0]).not.toHaveProperty('files')
  })
  test('is rendered with layer and history', async () => {
    expect(renderFiles(await listed(layers, 'layers', 'etc'))).toBe(
      [
        'present      d0755  0:0                     0  L0    /etc',
        'whiteout     -0644  0:0                     0  L1    /etc/.wh.b',
        'overwritten  -0644  0:0                     1  L0    /etc/a  (changed by L1)',
        'present      -0644  0:0                     2  L1    /etc/a  (introduced by L0; changed by L1)',
        'deleted      -0644  0:0                     1  L0    /etc/b  (gone since L1)',
        'present      -0644  0:0                     5  L2    /etc/b',
        '',
      ].join('\n'),
    )
  })
  test('an entry that runtimes refuse is told as such, and the list is not complete', async () => {
    const report = await listed([[file('a'), file('a/b')]], 'layers')
    expect(rows(report)).toEqual(['/a L0 present', '/a/b L0 refused'])
    expect(report.ok).toBe(false)
  })
})

describe('what a container sees', () => {
  test('holds no deleted file and no whiteout, but the directories that no entry made', async () => {
    const report = await listed([[file('x/y/z'), file('gone')], [file('.wh.gone', '')]], 'rootfs')
    expect(rows(report)).toEqual(['/x L0 present', '/x/y L0 present', '/x/y/z L0 present'])
    expect(report.images[0]?.files[0]).toMatchObject({ type: 'directory', offset: null })
  })
  test('a path selects what lies below it, links followed', async () => {
    const layers = [[folder('usr/bin'), file('usr/bin/app'), file('usr/binary'), link('bin', 'usr/bin')]]
    expect(rows(await listed(layers, 'rootfs', '/bin'))).toEqual([
      '/bin L0 present',
      '/usr/bin L0 present',
      '/usr/bin/app L0 present',
    ])
    expect(rows(await listed(layers, 'rootfs', '/bin/app'))).toEqual(['/usr/bin/app L0 present'])
    expect(rows(await listed(layers, 'rootfs', '/'))).toHaveLength(5)
  })
  test('a hardlink has the size of the file that it is a name of', async () => {
    const report = await listed(
      [[file('a', '12345'), { kind: 'hardlink', path: 'b', target: 'a' }]],
      'rootfs',
    )
    expect(report.images[0]?.files[1]).toMatchObject({ path: '/b', type: 'hardlink', size: 5, target: 'a' })
  })
  test('a path that no layer has is NO_SUCH_FILE, but only if all was read', async () => {
    await expect(listed([[file('a')]], 'rootfs', '/b')).rejects.toMatchObject({ code: 'NO_SUCH_FILE' })
    const unread = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }
    const report = await listed([[file('a')], unread], 'rootfs', '/b')
    expect(report).toMatchObject({ ok: false, images: [{ files: [] }] })
  })
  test('names cannot write to the terminal', async () => {
    const text = renderFiles(await listed([[file('a\u001b[31mb')]], 'rootfs'))
    expect(text).toContain('/a\\x1b[31mb')
  })
})

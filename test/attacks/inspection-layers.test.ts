import { elfProgram, found, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import type { FileEntry, TarEntry } from '@assay/test-support/tar-bytes'
import { renderInspection } from '@assay/core'
import { buildImage } from '@assay/test-support/image-builder'
import { inspectBuilt } from '@assay/test-support/inspect'
import { describe, expect, test } from 'vitest'

const user = { config: { User: '1' } }
const shell = elfProgram('GNU bash, version %s')
const bash = (path: string): FileEntry => ({ kind: 'file', path, content: shell, mode: 0o755 })
const empty = (path: string): TarEntry => ({ kind: 'file', path, content: '' })
const states = (image: Awaited<ReturnType<typeof inspectEntries>>): readonly string[] =>
  image.findings
    .filter(({ rule }) => rule === 'shell')
    .map(({ evidence }) => `${evidence.path} ${evidence.state}`)

describe('C-06, C-07, C-11, C-15, C-16: links and paths that climb', () => {
  test.each([
    ['../../opt/a', '/opt/a'],
    ['////opt/a', '/opt/a'],
    ['//..//opt/a', '/opt/a'],
    ['x/../../opt/a', '/opt/a'],
  ])('C-06: the path %s stays in the root', async (path, clean) => {
    expect(states(await inspectEntries([bash(path)], user))).toEqual([`${clean} present`])
  })
  test('C-15: a hardlink that climbs binds to the file in the root', async () => {
    const image = await inspectEntries(
      [bash('secret'), { kind: 'hardlink', path: 'a/b', target: '../../secret' }],
      user,
    )
    expect(states(image)).toEqual(['/secret present', '/a/b present'])
  })
  test('C-07: a file through a link of its layer lands where the link leads inside the root', async () => {
    const link: TarEntry = { kind: 'symlink', path: 'a', target: '/tmp' }
    const image = await inspectEntries([{ kind: 'directory', path: 'tmp' }, link, bash('a/x')], user)
    expect(image.verdict).toBe('no')
    expect(states(image)).toEqual(['/a/x present'])
  })
  test('C-16: a chain of links that leads nowhere is refused as the runtime refuses it', async () => {
    const links: readonly TarEntry[] = ['a', 'b', 'c'].map((path, index) => ({
      kind: 'symlink',
      path,
      target: `../${'bcd'[index]}`,
    }))
    expect((await inspectEntries([...links, bash('a/x')], user)).verdict).toBe('undecidable')
  })
})

describe('C-19: cycles', () => {
  test('links that lead to themselves end', async () => {
    const links: readonly TarEntry[] = [
      { kind: 'symlink', path: 'a', target: 'b' },
      { kind: 'symlink', path: 'b', target: 'a' },
      { kind: 'symlink', path: 'bin/sh', target: '../a' },
      { kind: 'symlink', path: 'd', target: '.' },
      { kind: 'hardlink', path: 'h', target: 'h' },
    ]
    const image = await inspectEntries(
      [...links, { kind: 'file', path: 'run', content: '#!/d/d/d/d/a\n', mode: 0o755 }],
      user,
    )
    expect(found(image)).toEqual(['inert-script /run', 'layer-order /h'])
  })
  test('a tree of forty links is followed in bounded time', async () => {
    const links: readonly TarEntry[] = Array.from({ length: 60 }, (_, index) => ({
      kind: 'symlink' as const,
      path: `l${index}`,
      target: `l${index + 1}/l${index + 1}`,
    }))
    const script: TarEntry = { kind: 'file', path: 'run', content: '#!/l0\n', mode: 0o755 }
    expect(found(await inspectEntries([...links, script], user))).toEqual(['inert-script /run'])
  })
})

describe('I-15: whiteouts', () => {
  test('an opaque directory hides what lower layers put there, wherever it stands in the tar', async () => {
    const image = await inspectLayers(
      [{ entries: [bash('opt/a')] }, { entries: [empty('opt/new'), empty('opt/.wh..wh..opq')] }],
      user,
    )
    expect(states(image)).toEqual(['/opt/a deleted by layer 1'])
    expect(image.verdict).toBe('effective')
    expect(image.layers[1]?.visible).toBeGreaterThan(0)
  })
  test('an opaque whiteout does not hide the files of its own layer', async () => {
    const image = await inspectLayers(
      [{ entries: [] }, { entries: [bash('opt/a'), empty('opt/.wh..wh..opq')] }],
      user,
    )
    expect(states(image)).toEqual(['/opt/a present'])
  })
  test('a directory that is deleted and made again has none of its old files', async () => {
    const again: readonly TarEntry[] = [{ kind: 'directory', path: 'opt' }, empty('opt/b')]
    const image = await inspectLayers(
      [{ entries: [bash('opt/a')] }, { entries: [empty('.wh.opt')] }, { entries: again }],
      user,
    )
    expect(states(image)).toEqual(['/opt/a deleted by layer 1'])
  })
  test('a whiteout and an entry for one path in one layer are told', async () => {
    const image = await inspectLayers(
      [{ entries: [bash('opt/a')] }, { entries: [empty('.wh.opt'), { kind: 'directory', path: 'opt' }] }],
      user,
    )
    expect(found(image)).toContain('layer-order /opt')
  })
  test.each(['.wh.', 'opt/.wh..', 'opt/.wh...'])(
    'the whiteout %s names nothing, and is told',
    async (path) => {
      expect(
        found(await inspectLayers([{ entries: [bash('opt/a')] }, { entries: [empty(path)] }], user)),
      ).toContain(`layer-order /${path}`)
    },
  )
  test('a whiteout through a lower link deletes nothing', async () => {
    const lower: readonly TarEntry[] = [
      { kind: 'symlink', path: 'bin', target: 'usr/bin' },
      bash('usr/bin/x'),
    ]
    const image = await inspectLayers([{ entries: lower }, { entries: [empty('bin/.wh.x')] }], user)
    expect(states(image)).toEqual(['/usr/bin/x present'])
    expect(found(image)).toContain('layer-order /bin/.wh.x')
  })
  test('a path through a lower link is told, and its file is looked at', async () => {
    const lower: readonly TarEntry[] = [
      { kind: 'directory', path: 'usr/bin' },
      { kind: 'symlink', path: 'bin', target: 'usr/bin' },
    ]
    const image = await inspectLayers([{ entries: lower }, { entries: [bash('bin/x')] }], user)
    expect(found(image)).toEqual(['layer-order /bin/x', 'shell /bin/x'])
  })
  test('whiteouts that speak to overlay directly are told, and hide nothing', async () => {
    const smuggled: readonly TarEntry[] = [
      { kind: 'device', path: 'opt/a', major: 0, minor: 0 },
      { kind: 'directory', path: 'srv', xattrs: { 'trusted.overlay.opaque': Buffer.from('y') } },
    ]
    const image = await inspectLayers(
      [{ entries: [bash('opt/a'), bash('srv/a')] }, { entries: smuggled }],
      user,
    )
    expect(found(image)).toContain('smuggled-whiteout /opt/a')
    expect(found(image)).toContain('smuggled-whiteout /srv')
    expect(image.verdict).toBe('no')
  })
  test('a secret in a lower layer is found though a later layer deletes it', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(4)}\n-----END PRIVATE KEY-----\n`
    const image = await inspectLayers(
      [{ entries: [{ kind: 'file', path: 'k.txt', content: key }] }, { entries: [empty('.wh.k.txt')] }],
      user,
    )
    expect(image.findings).toMatchObject([
      {
        rule: 'secret',
        severity: 'critical',
        evidence: { layer: 0, state: 'deleted by layer 1', signature: 'secret.private-key' },
      },
    ])
    expect(image.verdict).toBe('strict')
  })
  test('a file that replaces a directory takes its children with it', async () => {
    const image = await inspectLayers([{ entries: [bash('opt/a')] }, { entries: [empty('opt')] }], user)
    expect(states(image)).toEqual(['/opt/a shadowed by layer 1'])
  })
  test('the same path twice in one layer is told, and both are looked at', async () => {
    const image = await inspectEntries([bash('app'), { ...bash('./app'), content: elfProgram() }], user)
    expect(found(image)).toEqual(['layer-order /app', 'shell /app'])
  })
})

describe('I-16: a config that lies', () => {
  test('text from the image cannot steer a terminal', async () => {
    const image = await buildImage({
      layers: [
        {
          entries: [{ kind: 'file', path: 'a\u001b[2Jb\nc', content: 'x', mode: 0o4755 }],
          createdBy: 'RUN \u001b]0;owned\u0007\u202e',
        },
      ],
      configOverrides: { created: '9999-99-99T99:99:99Z', architecture: 'AMD64' },
      ...user,
    })
    const text = renderInspection(await inspectBuilt(image), { color: false })
    // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    expect(text).toContain('linux/AMD64')
  })
  test('a history that does not fit the layers is told, and names none of them', async () => {
    const image = await inspectLayers([{ entries: [] }], {
      ...user,
      configOverrides: { history: [{ created_by: 'a' }, { created_by: 'b' }] },
    })
    expect(found(image)).toEqual(['layer-integrity'])
    expect(image.layers[0]?.createdBy).toBeNull()
  })
  test('a wrong diffID is told', async () => {
    const wrong = `sha256:${'0'.repeat(64)}`
    const image = await inspectLayers([{ entries: [] }], {
      ...user,
      configOverrides: { rootfs: { type: 'layers', diff_ids: [wrong] } },
    })
    expect(image.findings).toMatchObject([{ rule: 'layer-integrity', severity: 'critical' }])
    expect(image.layers[0]?.diffIdMatches).toBe(false)
    expect(image.verdict).toBe('no')
  })
  test('more diffIDs than layers are told', async () => {
    const image = await inspectLayers([], {
      ...user,
      configOverrides: { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } },
    })
    expect(image.verdict).toBe('no')
  })
})

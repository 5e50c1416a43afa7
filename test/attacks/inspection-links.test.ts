import { elfProgram, found, inspectEntries } from '@assay/test-support/inspect'
import { padded, tarHeader, type FileEntry, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const shell = elfProgram('GNU bash, version %s')
const bash = (path: string): FileEntry => ({ kind: 'file', path, content: shell, mode: 0o755 })
const tool = (path: string): FileEntry => ({ ...bash(path), content: elfProgram() })
const script = (path: string, interpreter: string): FileEntry => ({
  kind: 'file',
  path,
  content: `#!${interpreter}\n`,
  mode: 0o755,
})
const folder = (path: string): TarEntry => ({ kind: 'directory', path })
const symlink = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })
const hardlink = (path: string, target: string): TarEntry => ({ kind: 'hardlink', path, target })
/** Header and content as they are: what writes tars for tests turns backslashes. */
const rawShell = (name: string): TarEntry => ({
  kind: 'raw',
  bytes: Buffer.concat([
    tarHeader({ name, type: '0', size: shell.length, mode: 0o755, magic: 'v7' }),
    padded(shell),
  ]),
})

type Image = Awaited<ReturnType<typeof inspectEntries>>
const inspected = async (...entries: readonly TarEntry[]): Promise<Image> =>
  await inspectEntries(entries, { config: { User: '1' } })
/** Where the image has its shells, and what became of them. */
const shells = ({ findings }: Image): readonly string[] =>
  findings
    .filter(({ rule }) => rule === 'shell')
    .map(({ evidence: { path, state } }) => (state === 'present' ? `${path}` : `${path} ${state}`))

describe('C-06: links that are cleaned wrongly', () => {
  test('a hardlink with an absolute target binds to the file in the root', async () => {
    expect(shells(await inspected(bash('opt/a'), hardlink('h', '/opt/a')))).toEqual(['/opt/a', '/h'])
  })
  test('a hardlink that goes up above the root binds to the file in the root', async () => {
    const image = await inspected(bash('opt/a'), hardlink('d/h', '../../../opt/a'))
    // All of them cut it: nobody disagrees.
    expect(found(image)).toEqual(['shell /d/h', 'shell /opt/a'])
  })
  test('a hardlink through a symlink binds to what that leads to in the root', async () => {
    const image = await inspected(folder('opt'), bash('opt/a'), symlink('s', '/opt'), hardlink('h', 's/a'))
    expect(shells(image)).toEqual(['/opt/a', '/h'])
  })
  test('a target that is absolute again once its ".." is gone stays in the root', async () => {
    const image = await inspected(bash('opt/a'), symlink('d/l', '..//../..//opt/a'), script('sh', '/d/l'))
    expect(shells(image)).toEqual(['/opt/a', '/sh'])
  })
  test.each(['c:../opt/a', 'c:opt/a', 'C:\\opt\\a', '\\\\server\\share\\a'])(
    'the path %s has no drive and no other separator',
    async (path) => {
      expect(shells(await inspected(rawShell(path)))).toEqual([`/${path}`])
    },
  )
})

/** Whether a file is where this path leads: then a script which asks for it is a shell by its name. */
const leadsTo = async (path: string, ...entries: readonly TarEntry[]): Promise<boolean> =>
  shells(await inspected(...entries, script('bin/sh', path))).includes('/bin/sh')

describe('C-07: what was known of a directory is not known of the link in its place', () => {
  const link = symlink('a', '/tmp')
  const tmp = folder('tmp')
  test.each([
    ['a directory, then a link of its name', [folder('a'), link, tmp, tool('a/x')]],
    ['a directory that is written with a dot', [folder('a/.'), link, tmp, tool('a/x')]],
    ['a file whose path has dots and slashes', [link, tmp, tool('.//a/.//x')]],
    ['a path that climbs', [link, tmp, tool('//..//a/x')]],
  ] as const)('%s: the file lands where the link leads', async (_, entries) => {
    expect(await leadsTo('/tmp/x', ...entries)).toBe(true)
  })
  test.each([
    ['of another case', 'A', 'a'],
    ['in another normal form', '\u00e4', 'a\u0308'],
  ])('a link %s is another name: the directory keeps its file', async (_, directory, other) => {
    const entries = [folder(directory), symlink(other, '/tmp'), tmp, tool(`${directory}/x`)]
    expect(await leadsTo('/tmp/x', ...entries)).toBe(false)
    expect(await leadsTo(`/${directory}/x`, ...entries)).toBe(true)
  })
  test('a hardlink that is written over changes nothing of the file that it was', async () => {
    const over: FileEntry = { kind: 'file', path: 'h', content: 'x' }
    const image = await inspected(bash('opt/a'), hardlink('h', 'opt/a'), over)
    expect(shells(image)).toEqual(['/opt/a', '/h overwritten by layer 0'])
  })
})

describe('C-11: links that pass one by one, and escape together', () => {
  test('hardlinks to hardlinks through a symlink are all the file that the first one names', async () => {
    const image = await inspected(
      bash('opt/a'),
      symlink('d', '/opt'),
      hardlink('h', 'd/a'),
      hardlink('d/i', '/h'),
      hardlink('j', '../d/i'),
    )
    expect(shells(image)).toEqual(['/opt/a', '/h', '/d/i', '/j'])
  })
  test('a link whose target has the root as its prefix, and is beside it', async () => {
    expect(await leadsTo('/l', symlink('l', '../rootfs-evil/x'), bash('rootfs-evil/x'))).toBe(true)
  })
  test('a link that is replaced after it was looked at', async () => {
    const image = await inspected(
      symlink('d', 'safe'),
      folder('safe'),
      bash('safe/x'),
      symlink('d', '/'),
      hardlink('h', 'd/safe/x'),
    )
    expect(shells(image)).toEqual(['/safe/x', '/h'])
  })
})

describe('C-16: chains of links, and links in the place of the image', () => {
  const chain = [folder('x/y'), symlink('a', 'x'), symlink('x/b', 'y'), symlink('x/y/c', '../../opt')]
  test('three links, each of which stays inside: the file is where they lead', async () => {
    expect(await leadsTo('/opt/f', folder('opt'), ...chain, tool('a/b/c/f'))).toBe(true)
  })
  test('a link goes from its name to its target, never the other way', async () => {
    expect(await leadsTo('/l', symlink('l', 't'), bash('t'))).toBe(true)
    expect(await leadsTo('/t', symlink('l', 't'), bash('l2'))).toBe(false)
  })
  test.each(['rootfs', 'templates', 'blobs'])(
    '/%s as a link to the root is a name like any other',
    async (name) => {
      expect(await leadsTo('/bin/x', symlink(name, '/'), folder('bin'), bash(`${name}/bin/x`))).toBe(true)
    },
  )
  test('a link in the place of the root is told, and followed by nobody', async () => {
    const image = await inspected(symlink('./', '/tmp'), folder('tmp'), bash('x'))
    expect(found(image)).toEqual(['odd-path /', 'shell /x'])
    expect(await leadsTo('/tmp/x', symlink('./', '/tmp'), folder('tmp'), bash('x'))).toBe(false)
  })
})

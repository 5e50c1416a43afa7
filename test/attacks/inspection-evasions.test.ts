import { inspectImage, matchesPlatform, parsePlatform } from '@assay/core'
import type { Platform } from '@assay/registry'
import { buildImage, buildIndex } from '@assay/test-support/image-builder'
import { elfProgram, found, inspectBuilt, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import { padded, paxRecord, tarHeader, type FileEntry, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const user = { config: { User: '1' } }
const shell = elfProgram('GNU bash, version %s')
const bash = (path: string): FileEntry => ({ kind: 'file', path, content: shell, mode: 0o755 })
const tool = (path: string): FileEntry => ({ kind: 'file', path, content: elfProgram(), mode: 0o755 })
const empty = (path: string): TarEntry => ({ kind: 'file', path, content: '' })
const directory = (path: string): TarEntry => ({ kind: 'directory', path })
const symlink = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })
const hardlink = (path: string, target: string): TarEntry => ({ kind: 'hardlink', path, target })

async function inspected(
  ...layers: readonly (readonly TarEntry[])[]
): Promise<Awaited<ReturnType<typeof inspectEntries>>> {
  return await inspectLayers(
    layers.map((entries) => ({ entries })),
    user,
  )
}

describe('an index that lists one manifest for several platforms', () => {
  const amd64: Platform = { os: 'linux', architecture: 'amd64' }
  test.each([
    ['a second entry', [{ os: 'linux', architecture: 'arm64' }, amd64]],
    ['a second entry without platform', [{ os: 'linux', architecture: 'arm64' }, undefined]],
    ['another name of the platform', [{ os: 'Linux', architecture: 'x86_64' }]],
  ] as const)('%s counts when that platform is asked for', async (_, platforms) => {
    const dirty = await buildImage({ layers: [{ entries: [bash('sh')] }], ...user })
    const clean = await buildImage({ layers: [{ entries: [empty('app')] }], ...user })
    const index = buildIndex([
      ...platforms.map((platform) => ({ image: dirty, ...(platform === undefined ? {} : { platform }) })),
      { image: clean, platform: amd64 },
    ])
    const report = await inspectImage(index.source, index.descriptor, { reference: 'built', platform: amd64 })
    expect(report.images.map(({ verdict }) => verdict)).toEqual(['no', 'strict'])
  })
  test.each([
    ['linux/x86-64', 'linux/amd64/v1'],
    ['linux/i386', 'linux/386'],
    ['linux/aarch64', 'linux/arm64/v8'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm/7'],
    ['linux/armel', 'linux/arm/v6'],
    ['macos/amd64', 'darwin/AMD64'],
  ])('%s and %s are one platform, whichever is asked for', (left, right) => {
    expect(matchesPlatform(parsePlatform(left), parsePlatform(right))).toBe(true)
    expect(matchesPlatform(parsePlatform(right), parsePlatform(left))).toBe(true)
  })
  test('variants that differ stay apart', () => {
    expect(matchesPlatform(parsePlatform('linux/armel'), parsePlatform('linux/arm/v7'))).toBe(false)
    expect(matchesPlatform(parsePlatform('linux/arm64/v9'), parsePlatform('linux/arm64/v8'))).toBe(false)
  })
})

describe('C-16: links that runtimes follow to different places', () => {
  const up = [directory('a/b'), directory('a/t'), directory('t'), symlink('s', 'a/b'), symlink('m', 's/../t')]
  test('a file through a link with .. after another link, which a whiteout seems to delete', async () => {
    const image = await inspected([...up, bash('m/x')], [empty('t/.wh.x')])
    expect(found(image)).toContain('layer-order /m/x')
    expect(image.verdict).toBe('no')
  })
  test('.. goes up from where the link before it leads, as the kernel goes', async () => {
    const image = await inspected([...up, tool('a/t/x'), symlink('bin/ls', '../m/x')])
    expect(found(image)).toEqual(['core-utility /bin/ls'])
  })
  test('a hardlink whose target has ..', async () => {
    const entries = [
      directory('a/b'),
      bash('a/x'),
      symlink('s', 'a/b'),
      empty('x'),
      hardlink('app', 's/../x'),
    ]
    const image = await inspected(entries, [empty('a/.wh.x')])
    expect(found(image)).toContain('layer-order /app')
    expect(image.verdict).toBe('no')
  })
  test('a file through a link of a lower layer counts though it seems to be deleted', async () => {
    const image = await inspected([directory('a'), symlink('c', 'a')], [bash('c/x')], [empty('.wh.c')])
    expect(image.verdict).toBe('no')
  })
  test('a link of this layer to a link of a lower one', async () => {
    const image = await inspected(
      [directory('e'), bash('e/x'), symlink('d', 'e')],
      [symlink('l', 'd'), empty('l/x')],
    )
    expect(found(image)).toContain('layer-order /l/x')
    expect(image.verdict).toBe('no')
  })
  test('a hardlink through a link of a lower layer', async () => {
    const image = await inspected([directory('e'), symlink('d', 'e')], [empty('e/x'), hardlink('h', 'd/x')])
    expect(found(image)).toContain('layer-order /h')
  })
})

describe('I-15: whiteouts that runtimes act on differently', () => {
  test('an opaque root hides nothing, and is told', async () => {
    const image = await inspected([bash('x')], [empty('.wh..wh..opq')])
    expect(found(image)).toEqual(['layer-order /.wh..wh..opq', 'shell /x'])
    expect(image.verdict).toBe('no')
  })
  test.each([
    ['the root', [symlink('l', '.'), empty('.wh.opt'), directory('l/opt')], '/l/opt'],
    ['a directory', [symlink('l', '.'), empty('.wh.opt'), empty('l/opt/ok')], '/l/opt/ok'],
  ])('what is deleted and made again through a link to %s', async (_, entries, path) => {
    const image = await inspected([bash('opt/x')], entries)
    expect(found(image)).toContain(`layer-order ${path}`)
    expect(image.verdict).toBe('no')
  })
  test('a whiteout through a link of its own layer', async () => {
    const image = await inspected([empty('opt/x')], [symlink('l', 'opt'), empty('l/.wh.x')])
    expect(found(image)).toEqual(['layer-order /l/.wh.x'])
  })
  test.each([
    [4096, 0],
    [0, 2 ** 20],
    [4097, 1],
  ])('the device %i:%i loses its upper bits in the kernel', async (major, minor) => {
    const header = tarHeader({ name: 'x', type: '3', deviceMajor: major, deviceMinor: minor })
    expect((await inspected([{ kind: 'raw', bytes: header }])).verdict).toBe('no')
  })
  test('the largest numbers that the kernel keeps are no finding', async () => {
    const bytes = tarHeader({ name: 'x', type: '3', deviceMajor: 4095, deviceMinor: 2 ** 20 - 1 })
    expect(found(await inspected([{ kind: 'raw', bytes }]))).toEqual([])
  })
  const comment = paxRecord('comment', 'x')
  const global = (name: string): TarEntry => ({
    kind: 'raw',
    bytes: Buffer.concat([tarHeader({ name, type: 'g', size: comment.length }), padded(comment)]),
  })
  test('a global header with the name of a path', async () => {
    const image = await inspected([bash('x')], [empty('x'), global('./x')])
    expect(image.verdict).toBe('no')
    expect(image.findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'shell critical',
      'ambiguous-tar critical',
      'ambiguous-tar info',
    ])
  })
  test('a global header with its usual name, where a layer has a path of that name', async () => {
    const layers = [[bash('pax_global_header')], [empty('pax_global_header'), global('pax_global_header')]]
    expect((await inspected(...layers)).verdict).toBe('no')
    expect((await inspected([global('pax_global_header')])).verdict).toBe('strict')
  })
})

describe('programs that avoid their own names', () => {
  test('a hardlink to a symlink', async () => {
    const entries = [tool('opt/x'), symlink('opt/y', '/opt/x'), hardlink('bin/ls', 'opt/y')]
    expect(found(await inspected(entries))).toEqual(['core-utility /bin/ls'])
  })
  test.each(['/proc/self/root/opt/x', '../p/x'])('a link into /proc: %s', async (target) => {
    const entries = [tool('opt/x'), symlink('p', 'proc/self/root/opt'), symlink('bin/sh', target)]
    expect((await inspected(entries)).verdict).toBe('no')
  })
  test('a name with a line break is cleaned, too', async () => {
    const image = await inspected([tool('d\n/../bin/ls')])
    expect(found(image)).toContain('core-utility /bin/ls')
  })
  test.each([
    '#!/opt/./x\n',
    '#!opt/x\n',
    '#! \t/opt//x -e\n',
    '#!/opt/x\0y\n',
    '#!/opt/k/../x\n',
    '#!/proc/self/root/opt/x\n',
  ])('a script with the first line %j is a program', async (content) => {
    const script: TarEntry = { kind: 'file', path: 'bin/sh', content, mode: 0o755 }
    expect(found(await inspected([tool('opt/x'), directory('opt/k'), script]))).toContain('shell /bin/sh')
  })
  test('only spaces and tabs end the name of an interpreter', async () => {
    const script: TarEntry = { kind: 'file', path: 'bin/sh', content: '#!/opt/x\v\n', mode: 0o755 }
    expect(found(await inspected([tool('opt/x\v'), script]))).toContain('shell /bin/sh')
  })
  test('an interpreter is looked for where programs start, too', async () => {
    const script: TarEntry = { kind: 'file', path: 'bin/sh', content: '#!x\n', mode: 0o755 }
    const image = await inspectEntries([tool('opt/x'), script], { config: { User: '1', WorkingDir: '/opt' } })
    expect(found(image)).toContain('shell /bin/sh')
  })
  test.each([
    ['multi-call', 'dirname\0dmesg\0'],
    ['network-tool', "curl: try 'curl --help'"],
    ['network-tool', 'Message Digest commands (see the'],
    ['core-utility', 'GNU coreutils'],
    ['compiler', 'Reading specs from '],
    ['interpreter', 'PERL_SIGNALS'],
    ['interpreter', 'Type "help", "copyright", "credits" or "license" for more information'],
    ['interpreter', 'Welcome to Node.js'],
  ])('a %s under another name, known by %j', async (rule, content) => {
    const renamed: TarEntry = { kind: 'file', path: 'app', content: elfProgram(content), mode: 0o755 }
    expect(found(await inspected([renamed]))).toEqual([`${rule} /app`])
  })
  test('a declared interpreter is known by content, too', async () => {
    const renamed: TarEntry = { kind: 'file', path: 'app', content: elfProgram('PERL_SIGNALS'), mode: 0o755 }
    const image = await buildImage({ layers: [{ entries: [renamed] }], ...user })
    expect((await inspectBuilt(image, ['perl'])).verdict).toBe('strict')
    expect((await inspectBuilt(image, ['python'])).verdict).toBe('no')
  })
})

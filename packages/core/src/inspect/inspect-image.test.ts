import { buildImage, buildIndex } from '@assay/test-support/image-builder'
import { elfProgram, found, inspectBuilt, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import { inspectImage } from './inspect-image.ts'

const app: TarEntry = { kind: 'file', path: 'app', content: elfProgram(), mode: 0o755 }
const bash = 'GNU bash, version %s'
const nonroot = { config: { User: '65532' } }

const tables = [
  'IFS PS1 PS2 PS4 OPTIND PPID esac elif fi done then until case while getopts unset export readonly',
]
  .flatMap((text) => text.split(' ').map((word) => `${word}\0`))
  .join('')

/** A file with a program's name and content that says nothing. */
const named = (path: string): TarEntry => ({
  kind: 'file',
  path,
  content: elfProgram('nothing'),
  mode: 0o755,
})

test('an image with nothing but its program is strictly distroless', async () => {
  const image = await inspectEntries([app], { config: { ...nonroot.config, Entrypoint: ['/app'] } })
  expect(image).toMatchObject({ verdict: 'strict', reasons: [], findings: [] })
  expect(image.programs).toEqual({
    total: 1,
    ofPackages: 0,
    ofLanguagePackages: 0,
    ofRuntimes: 0,
    excepted: 0,
    started: 1,
    unexplained: [],
    unexplainedCount: 0,
    undecided: [],
  })
})

describe('programs by name', () => {
  test.each([
    ['bin/sh', 'shell'],
    ['usr/bin/busybox', 'multi-call'],
    ['usr/bin/apt-get', 'package-manager'],
    ['sbin/apk', 'package-manager'],
    ['usr/bin/pip3.13', 'package-manager'],
    ['usr/bin/python3.13', 'interpreter'],
    ['usr/bin/perl5.36.0', 'interpreter'],
    ['bin/ls', 'core-utility'],
    ['usr/bin/curl', 'network-tool'],
    ['usr/bin/x86_64-linux-gnu-gcc-14', 'compiler'],
  ])('%s is a finding of %s', async (path, rule) => {
    const image = await inspectEntries([named(path)], nonroot)
    expect(found(image)).toEqual([`${rule} /${path}`])
    expect(image.verdict).toBe('no')
  })
  test('a file of that name that is no program is none', async () => {
    const image = await inspectEntries([{ kind: 'file', path: 'etc/default/sh', content: 'x' }], nonroot)
    expect(found(image)).toEqual([])
  })
  test('a link of that name counts where it leads to a program', async () => {
    const links: readonly TarEntry[] = [
      { kind: 'symlink', path: 'bin/sh', target: '../app' },
      { kind: 'symlink', path: 'bin/bash', target: 'gone' },
    ]
    expect(found(await inspectEntries([app, ...links], nonroot))).toEqual(['shell /bin/sh'])
  })
  test('a declared runtime is no finding', async () => {
    const image = await buildImage({ layers: [{ entries: [named('usr/bin/python3.13')] }], ...nonroot })
    expect((await inspectBuilt(image, ['python'])).verdict).toBe('strict')
    expect((await inspectBuilt(image, ['node'])).verdict).toBe('no')
  })
})

describe('programs by content', () => {
  test.each([
    ['a bash under another name', bash, 'shell', 'shell.bash'],
    ['the word tables of a shell', `\0\0\0\0${tables}`, 'shell', 'shell.words'],
    ['a busybox under another name', 'BusyBox v1.37.0', 'multi-call', 'multicall.busybox'],
  ])('%s', async (_, content, ...[rule, signature]) => {
    const padding = 'x'.repeat(300_000)
    const image = await inspectEntries(
      [{ kind: 'file', path: 'app', content: elfProgram(padding + content + padding), mode: 0o755 }],
      nonroot,
    )
    expect(image.findings).toMatchObject([{ rule, evidence: { path: '/app', signature } }])
    expect(image.findings[0]?.evidence.signatureOffset).toBe(300_064 + content.search(/[^\0]/))
  })
  test('a hardlink to a shell is a shell too', async () => {
    const entries: readonly TarEntry[] = [
      { kind: 'file', path: 'app', content: elfProgram(bash), mode: 0o755 },
      { kind: 'hardlink', path: 'other', target: './app' },
    ]
    expect(found(await inspectEntries(entries, nonroot))).toEqual(['shell /app', 'shell /other'])
  })
  test('words that are far apart are no shell', async () => {
    const apart = tables.split('getopts').join(`${'x'.repeat(70_000)}\0getopts`)
    expect(
      found(await inspectEntries([{ kind: 'file', path: 'app', content: elfProgram(apart) }], nonroot)),
    ).toEqual([])
  })
  test('a text with those strings is no program', async () => {
    expect(found(await inspectEntries([{ kind: 'file', path: 'notes', content: bash }], nonroot))).toEqual([])
  })
})

describe('scripts', () => {
  const script: TarEntry = { kind: 'file', path: 'bin/sh', content: '#!/bin/bash\n', mode: 0o755 }
  test('without its interpreter a script is inert', async () => {
    const image = await inspectEntries([script], nonroot)
    expect(found(image)).toEqual(['inert-script /bin/sh'])
    expect(image.verdict).toBe('strict')
  })
  test('with its interpreter it is a program', async () => {
    const image = await inspectEntries(
      [script, { kind: 'file', path: 'bin/bash', content: elfProgram() }],
      nonroot,
    )
    expect(found(image)).toEqual(['shell /bin/bash', 'shell /bin/sh'])
  })
})

describe('the verdict', () => {
  const shell = named('bin/sh')
  test('is effective where a later layer deletes the shell', async () => {
    const image = await inspectLayers(
      [{ entries: [shell] }, { entries: [{ kind: 'file', path: 'bin/.wh.sh', content: '' }] }],
      nonroot,
    )
    expect(image.verdict).toBe('effective')
    expect(image.findings).toMatchObject([
      { rule: 'shell', evidence: { layer: 0, state: 'deleted by layer 1' } },
    ])
  })
  test('is debug where one layer adds a busybox', async () => {
    const busybox: readonly TarEntry[] = [
      { kind: 'file', path: 'busybox/busybox', content: elfProgram('BusyBox v1.37.0'), mode: 0o755 },
      { kind: 'symlink', path: 'busybox/sh', target: 'busybox' },
    ]
    expect((await inspectLayers([{ entries: [app] }, { entries: busybox }], nonroot)).verdict).toBe('debug')
  })
  test.each([
    [
      'of a media type that is no layer',
      { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' },
    ],
    ['that is cut short', { blob: Buffer.from('1f8b0800000000000003', 'hex') }],
    ['that is no tar', { tar: Buffer.alloc(2048, 'x') }],
    ['that is an xz', { blob: Buffer.from('fd377a585a000004e6d6b446', 'hex') }],
  ])('is undecidable with a layer %s', async (_, layer) => {
    const image = await inspectLayers([{ entries: [app] }, { entries: [app], ...layer }], nonroot)
    expect(image.verdict).toBe('undecidable')
    expect(image.reasons[0]).toMatch(/^layer 1: /)
  })
  test('is the worst of all platforms', async () => {
    const good = await buildImage({ layers: [{ entries: [app] }], ...nonroot })
    const bad = await buildImage({
      layers: [{ entries: [shell] }],
      platform: { os: 'linux', architecture: 'arm64' },
    })
    const index = buildIndex([
      { image: good, platform: { os: 'linux', architecture: 'amd64' } },
      { image: bad, platform: { os: 'linux', architecture: 'arm64' } },
    ])
    const report = await inspectBuilt(index)
    expect(report.verdict).toBe('no')
    expect(report.images.map((image) => [image.platform, image.verdict])).toEqual([
      ['linux/amd64', 'strict'],
      ['linux/arm64', 'no'],
    ])
    const platform = { os: 'linux', architecture: 'amd64' }
    const one = await inspectImage(index.source, index.descriptor, { reference: 'x', platform })
    expect(one.verdict).toBe('strict')
    await expect(
      inspectImage(index.source, index.descriptor, {
        reference: 'x',
        platform: { os: 'linux', architecture: 's390x' },
      }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_PLATFORM',
      expected: 'one of linux/amd64, linux/arm64',
      got: 'linux/s390x',
    })
  })
})

test('two inspections give the same bytes', async () => {
  const image = await buildImage({ layers: [{ entries: [app, named('bin/sh'), named('bin/ls')] }] })
  expect(JSON.stringify(await inspectBuilt(image))).toBe(JSON.stringify(await inspectBuilt(image)))
})

import { found, inspectBuilt, inspectEntries } from '@assay/test-support/inspect'
import { buildImage } from '@assay/test-support/image-builder'
import { crateList, elfWithSections, goBuildInfo, zipOf } from '@assay/test-support/inventory-bytes'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import type { ImageReport } from '../inspection-report.ts'

const file = (path: string, content: string | Uint8Array): TarEntry => ({ kind: 'file', path, content })
const program = (path: string, content: Uint8Array): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode: 0o755,
})
const nonroot = { config: { User: '65532' } }
const urls = (image: ImageReport): readonly string[] => image.packages.map(({ purl }) => purl)

test('Node: packages in node_modules, scoped ones too, and no other package.json', async () => {
  const image = await inspectEntries([
    file('app/package.json', '{"name":"app","version":"1.0.0"}'),
    file(
      'app/node_modules/left-pad/package.json',
      '\uFEFF{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
    ),
    file(
      'app/node_modules/@scope/one/package.json',
      '{"name":"@scope/one","version":"2.0.0","licenses":[{"type":"MIT"},{"type":"ISC"}]}',
    ),
    file('app/node_modules/@scope/one/lib/package.json', '{"name":"not-this","version":"1.0.0"}'),
    file('app/node_modules/nameless/package.json', '{"type":"module"}'),
  ])
  expect(urls(image)).toEqual(['pkg:npm/%40scope/one@2.0.0', 'pkg:npm/left-pad@1.3.0'])
  expect(image.packages.map(({ license }) => license)).toEqual(['MIT OR ISC', 'WTFPL'])
  expect(image.packages[1]).toMatchObject({ from: 'app/node_modules/left-pad/package.json', layer: 0 })
})

test('Python: wheels and eggs', async () => {
  const image = await inspectEntries([
    file(
      'usr/lib/python3/dist-packages/Py_YAML-6.0.dist-info/METADATA',
      'Name: Py_YAML\nVersion: 6.0\nLicense: MIT\n\n',
    ),
    file(
      'usr/lib/python3/dist-packages/six-1.16.0.egg-info',
      'Metadata-Version: 1.2\nName: six\nVersion: 1.16.0\n',
    ),
    file('opt/old.egg-info/PKG-INFO', 'Name: old\nVersion: 1\n'),
    file('usr/local/include/python3.13/patchlevel.h', '#define PY_VERSION      "3.13.5"\n'),
  ])
  expect(urls(image)).toEqual([
    'pkg:pypi/py-yaml@6.0',
    'pkg:pypi/old@1',
    'pkg:generic/python@3.13.5',
    'pkg:pypi/six@1.16.0',
  ])
})

describe('Go', () => {
  const modules = `path\texample.com/app
mod\texample.com/app\t(devel)\t
dep\tgithub.com/Masterminds/semver/v3\tv3.2.0\th1:abc=
dep\texample.com/old\tv1.0.0\th1:abc=
=>\texample.com/new\tv1.1.0\th1:abc=
build\t-compiler=gc
`
  const binary = elfWithSections({ '.go.buildinfo': goBuildInfo('go1.24.1', modules) })
  const expected = [
    'pkg:golang/example.com/app',
    'pkg:golang/example.com/new@v1.1.0',
    'pkg:golang/github.com/Masterminds/semver/v3@v3.2.0',
    'pkg:golang/stdlib@1.24.1',
  ]
  test('modules, replaced ones, and the standard library', async () => {
    const image = await inspectEntries([program('app', binary)], nonroot)
    expect(urls(image)).toEqual(expected)
    expect(image.binaries).toEqual([])
  })
  test('in a program of many blocks, wherever they meet', async () => {
    for (const distance of [-40, -16, 0, 16]) {
      const filler = Buffer.alloc(256 * 1024 - 64 + distance)
      const large = elfWithSections({
        '.text': filler,
        '.go.buildinfo': goBuildInfo('go1.24.1', modules),
        '.data': filler,
      })
      expect(urls(await inspectEntries([program('app', large)], nonroot))).toEqual(expected)
    }
  })
  test('information that is cut is a finding', async () => {
    const cut = elfWithSections({ '.go.buildinfo': goBuildInfo('go1.24.1', modules) }).subarray(0, 140)
    const image = await inspectEntries([program('app', cut)], nonroot)
    expect(found(image)).toContain('unread-inventory /app')
  })
})

describe('Rust', () => {
  const crates = crateList([
    { name: 'app', version: '0.1.0', source: 'local', root: true },
    { name: 'serde', version: '1.0.219', source: 'crates.io' },
    { name: 'cc', version: '1.2.0', source: 'crates.io', kind: 'build' },
  ])
  test('crates that cargo-auditable listed, without those that only built it', async () => {
    // As lld does, symbols may stand between the names of sections and the table of them.
    const image = await inspectEntries(
      [
        program(
          'app',
          elfWithSections({ '.text': Buffer.alloc(100_000), '.dep-v0': crates }, Buffer.alloc(300_000)),
        ),
      ],
      nonroot,
    )
    expect(urls(image)).toEqual(['pkg:cargo/app@0.1.0', 'pkg:cargo/serde@1.0.219'])
    expect(found(image)).toEqual([])
  })
  test('a list that is broken is a finding', async () => {
    const image = await inspectEntries(
      [program('app', elfWithSections({ '.dep-v0': crates.subarray(0, 20) }))],
      nonroot,
    )
    expect(found(image)).toContain('unread-inventory /app')
  })
})

describe('Java', () => {
  const properties = 'version=3.17.0\ngroupId=org.apache.commons\nartifactId=commons-lang3\n'
  const maven = zipOf({ 'META-INF/maven/org.apache.commons/commons-lang3/pom.properties': properties })
  const plain = zipOf({
    'META-INF/MANIFEST.MF':
      'Manifest-Version: 1.0\r\nBundle-SymbolicName: org.example.pl\r\n ain;singleton:=true\r\nBundle-Version: 2.1\r\n\r\n',
  })
  test('artifacts of jars, and of jars within', async () => {
    const war = zipOf({
      'WEB-INF/lib/commons-lang3.jar': maven,
      'WEB-INF/lib/plain.jar': plain,
      'a.class': 'x',
    })
    const image = await inspectEntries([file('opt/shop-1.4.war', war)])
    expect(image.packages.map(({ purl, from }) => [purl, from])).toEqual([
      ['pkg:maven/org.apache.commons/commons-lang3@3.17.0', 'opt/shop-1.4.war!WEB-INF/lib/commons-lang3.jar'],
      ['pkg:generic/org.example.plain@2.1', 'opt/shop-1.4.war!WEB-INF/lib/plain.jar'],
      ['pkg:generic/shop@1.4', 'opt/shop-1.4.war'],
    ])
  })
  test.each([
    ['no zip', Buffer.from('nothing')],
    ['a jar within that is none', zipOf({ 'lib/a.jar': 'nothing' })],
    ['jars too deep within', zipOf({ 'a.jar': zipOf({ 'b.jar': zipOf({ 'c.jar': maven }) }) })],
  ])('%s: is a finding', async (_, content) => {
    expect(found(await inspectEntries([file('opt/app.jar', content)], nonroot))).toContain(
      'unread-inventory /opt/app.jar',
    )
  })
  test('the runtime, by its file release', async () => {
    const image = await inspectEntries([
      file(
        'opt/java/release',
        'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="21.0.4"\nJAVA_RUNTIME_VERSION="21.0.4+7-LTS"\n',
      ),
    ])
    expect(urls(image)).toEqual(['pkg:generic/openjdk@21.0.4%2B7-LTS'])
  })
})

describe('programs without metadata', () => {
  test('are listed with their digests', async () => {
    const image = await inspectEntries(
      [program('app', elfWithSections({ '.text': Buffer.from('x') }))],
      nonroot,
    )
    expect(image.binaries).toMatchObject([
      { path: '/app', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), layer: 0 },
    ])
    expect(image.packages).toEqual([])
  })
  test.each([
    ['node', 'node.js/v22.11.0\0', '22.11.0'],
    ['python', 'pymalloc_debug\x003.13.1\0', '3.13.1'],
    ['openssl', 'OpenSSL 3.0.17 1 Jul 2025\0', '3.0.17'],
    ['busybox', 'BusyBox v1.37.0 (Debian)\0', '1.37.0'],
    ['bash', '@(#)Bash version 5.2.15(1) release GNU\0', '5.2.15'],
    ['nginx', 'nginx version: nginx/1.27.2\0', '1.27.2'],
    ['php', 'X-Powered-By: PHP/8.3.12\0', '8.3.12'],
  ])('%s tells its version under any name', async (name, text, version) => {
    const image = await inspectEntries(
      [program('opt/x', elfWithSections({ '.rodata': Buffer.from(text, 'latin1') }))],
      nonroot,
    )
    expect(image.packages).toMatchObject([
      {
        ecosystem: 'generic',
        name,
        version,
        purl: `pkg:generic/${name}@${version}`,
        sha256: expect.any(String),
      },
    ])
    expect(image.binaries).toEqual([])
  })
})

describe('a declared runtime explains', () => {
  const any = elfWithSections({ '.text': Buffer.from('x') })
  const cases: readonly { runtime: string; what: string; path: string; rest: readonly TarEntry[] }[] = [
    {
      runtime: 'java',
      what: 'what lies in its folder',
      path: 'opt/java/lib/jspawnhelper',
      rest: [file('opt/java/release', 'JAVA_VERSION="21"\n')],
    },
    { runtime: 'python', what: 'its standard library', path: 'usr/lib/python3.13/lib-dynload/x', rest: [] },
    {
      runtime: 'dotnet',
      what: 'its shared files',
      path: 'usr/share/dotnet/shared/Microsoft.NETCore.App/9.0.0/createdump',
      rest: [],
    },
    {
      runtime: 'node',
      what: 'packages in node_modules',
      path: 'app/node_modules/esbuild/bin/esbuild',
      rest: [file('app/node_modules/esbuild/package.json', '{"name":"esbuild","version":"0.25.0"}')],
    },
  ]
  test.each(cases)('$runtime: $what', async ({ runtime, path, rest }) => {
    const image = await buildImage({
      layers: [{ entries: [...rest, program(path, any), program('opt/other', any)] }],
    })
    const [declared] = (await inspectBuilt(image, [runtime])).images
    expect(declared?.programs.unexplained).toEqual(['/opt/other'])
    const [bare] = (await inspectBuilt(image)).images
    expect(bare?.programs.unexplainedCount).toBe(2)
  })
  test('and python none of its packages', async () => {
    const image = await buildImage({
      layers: [{ entries: [program('usr/lib/python3.13/site-packages/x/bin/x', any)] }],
    })
    expect((await inspectBuilt(image, ['python'])).images[0]?.programs.unexplainedCount).toBe(1)
  })
})

import { createHash } from 'node:crypto'
import { elfProgram, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import { chiselWall, ndbDatabase, rpmHeaderBlob, sqliteWithLog } from '@assay/test-support/inventory-bytes'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import type { ImageReport } from '../inspection-report.ts'

const nonroot = { config: { User: '65532' } }
const file = (path: string, content: string | Uint8Array): TarEntry => ({ kind: 'file', path, content })
const app: TarEntry = { kind: 'file', path: 'app', content: elfProgram('an app'), mode: 0o755 }
const wall = chiselWall([
  { kind: 'package', name: 'app', version: '1.2', sha256: 'a'.repeat(64), arch: 'amd64' },
])
const paragraph = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n`

test('the layer of a package is the lowest whose database lists it', async () => {
  const image = await inspectLayers([
    { entries: [file('var/lib/dpkg/status', paragraph('one'))] },
    { entries: [file('var/lib/dpkg/status', paragraph('one') + paragraph('two'))] },
  ])
  expect(image.packages.map(({ name, layer }) => [name, layer])).toEqual([
    ['one', 0],
    ['two', 1],
  ])
})

test('a package of two databases is one, with what both say', async () => {
  const image = await inspectEntries([
    file('var/lib/dpkg/status.d/app', 'Package: app\nVersion: 1.2\nArchitecture: amd64\nSource: other\n'),
    file('var/lib/chisel/manifest.wall', wall),
  ])
  expect(image.packages).toMatchObject([{ name: 'app', source: 'other', sha256: 'a'.repeat(64) }])
})

test('container-manifest-2 names packages without files', async () => {
  const line = [
    'bash',
    '5.2.15-3.azl3',
    '1710436060',
    '1710436060',
    'Microsoft',
    '(none)',
    '100',
    'x86_64',
    '0',
    'bash-5.2.15-3.azl3.src.rpm',
  ]
  const image = await inspectEntries([
    file('etc/os-release', 'ID=azurelinux\nVERSION_ID="3.0"\n'),
    file('var/lib/rpmmanifest/container-manifest-2', `${line.join('\t')}\n`),
  ])
  expect(image.packages).toMatchObject([
    {
      purl: 'pkg:rpm/azurelinux/bash@5.2.15-3.azl3?arch=x86_64&distro=azurelinux-3.0',
      source: 'bash-5.2.15-3.azl3.src.rpm',
    },
  ])
})

describe('a database that cannot be read', () => {
  test.each([
    ['dpkg status', 'var/lib/dpkg/status', 'no fields at all\n'],
    ['a list of dpkg', 'var/lib/dpkg/info/app.md5sums', 'abc  usr/bin/app\n'],
    ['apk', 'usr/lib/apk/db/installed', 'P:app\nV:1\nF:usr\nR:app\nZ:Q9xyz\n'],
    ['rpm in SQLite', 'var/lib/rpm/rpmdb.sqlite', 'SQLite format 3\0'],
    ['rpm in its own format', 'usr/lib/sysimage/rpm/Packages.db', ndbDatabase([Buffer.alloc(8, 0xff)])],
    ['rpm in Berkeley DB', 'var/lib/rpm/Packages', Buffer.alloc(4096)],
    ['rpm as text', 'var/lib/rpmmanifest/container-manifest-2', 'bash\t5\n'],
    ['chisel, cut', 'var/lib/chisel/manifest.wall', wall.subarray(0, wall.length - 4)],
    ['chisel, lines missing', 'var/lib/chisel/manifest.wall', chiselWall([], 7)],
    ['pip', 'usr/lib/python3/site-packages/app-1.2.dist-info/RECORD', 'app.py,sha256=short,1\n'],
  ])('%s: is a finding, and leaves open what is accounted for', async (_, path, content) => {
    const image = await inspectEntries([file(path, content), app], nonroot)
    // Broken compression is a finding of its own.
    expect(image.findings.filter(({ rule }) => rule !== 'unseen-content')).toMatchObject([
      { rule: 'unread-inventory', severity: 'high', evidence: { path: `/${path}` } },
    ])
    const [unread] = image.findings.filter(({ rule }) => rule === 'unread-inventory')
    expect(unread?.message).toContain('[MALFORMED_DATABASE]')
    expect(image.programs.undecided).toEqual([expect.stringContaining(path)])
  })
})

test('a changed program stays unexplained where the config starts it', async () => {
  const entries = [file('var/lib/dpkg/info/app.md5sums', `${'f'.repeat(32)}  app\n`), app]
  const image = await inspectEntries(entries, { config: { User: '1', Entrypoint: ['/app'] } })
  expect(image.programs).toMatchObject({ started: 0, unexplained: ['/app'] })
})

test('a RECORD with digests in hex, as some writers put them, is read too', async () => {
  const digest = createHash('sha256').update(elfProgram('an app')).digest('hex')
  const record = file(
    'usr/lib/python3/dist-packages/app-1.dist-info/RECORD',
    `../../../bin/app,sha256=${digest},64\n`,
  )
  const image = await inspectEntries([record, { ...app, path: 'usr/bin/app' }], nonroot)
  expect(image.programs).toMatchObject({ ofLanguagePackages: 1, undecided: [] })
})

const at = (path: string): TarEntry => ({ ...app, path })

describe('what a RECORD says of files that are not its own', () => {
  const digest = createHash('sha256').update(elfProgram('an app')).digest('hex')
  const record = (root: string, path: string): TarEntry =>
    file(`${root}/app-1.dist-info/RECORD`, `${path},sha256=${digest},64\n`)
  const packages = 'usr/lib/python3/dist-packages'
  test.each([
    ['a shell of the distribution', packages, '../../../bin/sh', 'usr/bin/sh'],
    ['a shell, by its absolute path', packages, '/bin/sh', 'bin/sh'],
    ['a program of another prefix', packages, '/opt/tool', 'opt/tool'],
    ['what lies in /usr/bin, from a folder that is not one of Python', 'usr', 'bin/app', 'usr/bin/app'],
    ['everything, from the root', '', 'opt/tool', 'opt/tool'],
  ])('%s is not explained', async (_, ...[root, listed, path]) => {
    const image = await inspectEntries([record(root, listed), at(path)], nonroot)
    expect(image.programs).toMatchObject({ ofLanguagePackages: 0, unexplained: [`/${path}`] })
  })
  test('nor through a link in its own folder', async () => {
    const link: TarEntry = { kind: 'symlink', path: `${packages}/x`, target: '/usr/bin' }
    const image = await inspectEntries([link, at('usr/bin/sh'), record(packages, 'x/sh')], nonroot)
    expect(image.programs).toMatchObject({ ofLanguagePackages: 0, unexplained: ['/usr/bin/sh'] })
  })
  test.each([
    ['usr/local/lib/python3.13/site-packages', '../../../bin/app', 'usr/local/bin/app'],
    ['opt/venv/lib/python3.13/site-packages', '../../../bin/app', 'opt/venv/bin/app'],
    ['opt/python', 'app/tool', 'opt/python/app/tool'],
  ])('in %s its own programs are explained: %s', async (root, listed, path) => {
    const image = await inspectEntries([record(root, listed), at(path)], nonroot)
    expect(image.programs).toMatchObject({ ofLanguagePackages: 1, unexplained: [] })
  })
  test('the list of the distribution outranks it', async () => {
    const dpkg = file('var/lib/dpkg/info/app.md5sums', `${'f'.repeat(32)}  usr/bin/app\n`)
    const entries = [dpkg, at('usr/bin/app'), record(packages, '../../../bin/app')]
    const image = await inspectEntries(entries, nonroot)
    expect(image.programs).toMatchObject({ ofLanguagePackages: 0, unexplained: ['/usr/bin/app'] })
    expect(image.findings).toContainEqual(expect.objectContaining({ rule: 'modified-file' }))
  })
})

const header = (name: string): Uint8Array => rpmHeaderBlob({ 1000: name, 1001: '1', 1002: '1' })
const names = ({ packages }: ImageReport): readonly string[] => packages.map(({ name }) => name)

describe('an rpm database with a log of changes beside it', () => {
  const { database, log } = sqliteWithLog([header('before')], [header('after')])
  const image = async (wal: Uint8Array): Promise<ImageReport> =>
    await inspectEntries([
      file('var/lib/rpm/rpmdb.sqlite', database),
      file('var/lib/rpm/rpmdb.sqlite-wal', wal),
    ])
  test('is read with what was committed', async () => {
    expect(names(await image(log))).toEqual(['after', 'before'])
    expect(names(await image(Buffer.alloc(0)))).toEqual(['before'])
  })
  test('ends where the log breaks, and is refused where it is none', async () => {
    const broken = Buffer.from(log)
    broken.writeUInt8((broken[60] ?? 0) ^ 1, 60)
    expect(names(await image(broken))).toEqual(['before'])
    const changed = Buffer.from(log)
    changed.writeUInt8((changed[15] ?? 0) ^ 1, 15)
    for (const bad of [changed, Buffer.from('changes that are no log of SQLite')])
      expect((await image(bad)).programs.undecided).toEqual([expect.stringContaining('rpmdb.sqlite')])
  })
})

const script = (content: string): TarEntry => ({
  kind: 'file',
  path: 'etc/cron.daily/app',
  content,
  mode: 0o755,
})

test('what dpkg lists as configuration is explained by its package, and told where it was changed', async () => {
  const tool: TarEntry = { ...app, path: 'bin/tool' }
  const installed = '#!/bin/tool\n'
  const digest = createHash('md5').update(installed).digest('hex')
  const status = (state: string): TarEntry =>
    file(
      'var/lib/dpkg/status',
      `Package: app\nStatus: install ok ${state}\nVersion: 1\nConffiles:\n /etc/cron.daily/app ${digest}\n /etc/new newconffile\nDescription: x\n`,
    )
  const unexplained = async (...entries: readonly TarEntry[]): Promise<readonly string[]> =>
    (await inspectEntries([tool, ...entries], nonroot)).programs.unexplained
  expect(await unexplained(status('installed'), script(installed))).toEqual(['/bin/tool'])
  expect(await unexplained(status('config-files'), script(installed))).toHaveLength(2)
  const changed = await inspectEntries([tool, status('installed'), script(`${installed}x`)], nonroot)
  expect(changed.programs.unexplained).toEqual(['/bin/tool', '/etc/cron.daily/app'])
  expect(changed.findings).toContainEqual(
    expect.objectContaining({ rule: 'modified-file', severity: 'high' }),
  )
})

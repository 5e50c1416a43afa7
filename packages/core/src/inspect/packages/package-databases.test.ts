import { createHash } from 'node:crypto'
import type { ImageReport } from '../inspection-report.ts'
import { elfProgram, found, inspectEntries } from '@assay/test-support/inspect'
import {
  berkeleyDatabase,
  chiselWall,
  ndbDatabase,
  rpmHeaderBlob,
  sqliteDatabase,
} from '@assay/test-support/inventory-bytes'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const nonroot = { config: { User: '65532' } }
const installed = elfProgram('as it was installed')
const changed = elfProgram('as somebody changed it')
const digest = (algorithm: string, encoding: 'hex' | 'base64' | 'base64url' = 'hex'): string =>
  createHash(algorithm).update(installed).digest(encoding)

const file = (path: string, content: string | Uint8Array): TarEntry => ({ kind: 'file', path, content })
const program = (path: string, content: Uint8Array): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode: 0o755,
})

const debian = file('etc/os-release', 'ID=debian\nVERSION_ID="13"\n')
const alpine = file('etc/os-release', 'ID=alpine\nVERSION_ID=3.22.1\n')

const status = `Package: app
Status: install ok installed
Architecture: amd64
Source: app-source (1.0)
Version: 1:1.2+b1-3
Description: a program
 of several lines

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 0.9
`

const apk = `C:Q1abc=
P:app
V:1.2-r3
A:x86_64
L:MIT AND BSD-2-Clause
o:app-source
F:usr
F:usr/bin
M:0:0:755
R:app
a:0:0:755
Z:Q1${digest('sha1', 'base64')}
F:etc
R:app.conf
Z:Q1${createHash('sha1').update('as installed').digest('base64')}

`

const rpmTags = {
  1000: 'app',
  1001: '1.2',
  1002: '3.el9',
  1003: [1],
  1014: 'MIT',
  1022: 'x86_64',
  1035: [digest('sha256'), '', createHash('sha256').update('as installed').digest('hex')],
  1037: [0, 0, 1],
  1044: 'app-source-1.2-3.el9.src.rpm',
  1116: [0, 0, 1],
  1117: ['app', 'link', 'app.conf'],
  1118: ['/usr/bin/', '/etc/'],
  5011: [8],
} as const

const wall = chiselWall([
  { kind: 'package', name: 'app', version: '1.2', sha256: 'a'.repeat(64), arch: 'amd64' },
  { kind: 'slice', name: 'app_bins' },
  { kind: 'path', path: '/usr/bin/', mode: '0755', slices: ['app_bins'] },
  {
    kind: 'path',
    path: '/usr/bin/app',
    mode: '0755',
    slices: ['app_bins'],
    sha256: 'b'.repeat(64),
    final_sha256: digest('sha256'),
    size: 1,
  },
])

interface Case {
  readonly release: TarEntry
  readonly database: readonly TarEntry[]
  readonly purl: string
  readonly expected: string
  readonly owner: string
}

const cases: Readonly<Record<string, Case>> = {
  'dpkg, status': {
    release: debian,
    database: [
      file('var/lib/dpkg/status', status),
      file('var/lib/dpkg/info/app:amd64.md5sums', `${digest('md5')}  usr/bin/app\n`),
    ],
    purl: 'pkg:deb/debian/app@1:1.2%2Bb1-3?arch=amd64&distro=debian-13',
    expected: `md5:${digest('md5')}`,
    owner: 'app',
  },
  'dpkg, status.d': {
    release: debian,
    database: [
      file('var/lib/dpkg/status.d/app', 'Package: app\nVersion: 1.2\nArchitecture: amd64\n'),
      file('var/lib/dpkg/status.d/app.md5sums', `${digest('md5')}  ./usr/bin/app\n`),
    ],
    purl: 'pkg:deb/debian/app@1.2?arch=amd64&distro=debian-13',
    expected: `md5:${digest('md5')}`,
    owner: 'app',
  },
  apk: {
    release: alpine,
    database: [file('lib/apk/db/installed', apk)],
    purl: 'pkg:apk/alpine/app@1.2-r3?arch=x86_64&distro=alpine-3.22.1',
    expected: `sha1:${digest('sha1')}`,
    owner: 'app',
  },
  'rpm, ndb': {
    release: file('etc/os-release', 'ID="opensuse-leap"\nVERSION_ID="15.6"\n'),
    database: [file('usr/lib/sysimage/rpm/Packages.db', ndbDatabase([rpmHeaderBlob(rpmTags)]))],
    purl: 'pkg:rpm/opensuse-leap/app@1.2-3.el9?arch=x86_64&distro=opensuse-leap-15.6&epoch=1',
    expected: `sha256:${digest('sha256')}`,
    owner: 'app',
  },
  'rpm, SQLite': {
    release: file('etc/os-release', 'ID="rhel"\nVERSION_ID="9.6"\n'),
    database: [
      file('var/lib/rpm/rpmdb.sqlite', sqliteDatabase([rpmHeaderBlob(rpmTags)])),
      file('var/lib/rpm/rpmdb.sqlite-wal', ''),
    ],
    purl: 'pkg:rpm/redhat/app@1.2-3.el9?arch=x86_64&distro=rhel-9.6&epoch=1',
    expected: `sha256:${digest('sha256')}`,
    owner: 'app',
  },
  'rpm, Berkeley DB': {
    release: file('etc/os-release', 'ID="centos"\nVERSION_ID="7"\n'),
    database: [file('var/lib/rpm/Packages', berkeleyDatabase([Buffer.alloc(4), rpmHeaderBlob(rpmTags)]))],
    purl: 'pkg:rpm/centos/app@1.2-3.el9?arch=x86_64&distro=centos-7&epoch=1',
    expected: `sha256:${digest('sha256')}`,
    owner: 'app',
  },
  chisel: {
    release: file('etc/os-release', 'ID=ubuntu\nVERSION_ID="24.04"\n'),
    database: [file('var/lib/chisel/manifest.wall', wall)],
    purl: 'pkg:deb/ubuntu/app@1.2?arch=amd64&distro=ubuntu-24.04',
    expected: `sha256:${digest('sha256')}`,
    owner: 'app',
  },
  'pip, RECORD': {
    release: debian,
    database: [
      file(
        'usr/lib/python3/site-packages/app-1.2.dist-info/METADATA',
        'Metadata-Version: 2.4\nName: app\nVersion: 1.2\nLicense-Expression: MIT\n\nName: not this\n',
      ),
      file(
        'usr/lib/python3/site-packages/app-1.2.dist-info/RECORD',
        `"../../../bin/app",sha256=${digest('sha256', 'base64url')},64\r\napp-1.2.dist-info/RECORD,,\r\n`,
      ),
    ],
    purl: 'pkg:pypi/app@1.2',
    expected: `sha256:${digest('sha256')}`,
    owner: 'app-1.2',
  },
}

async function inspected(one: Case, content: Uint8Array): Promise<ImageReport> {
  return await inspectEntries([one.release, ...one.database, program('usr/bin/app', content)], nonroot)
}

describe.each(Object.entries(cases))('%s', (name, one) => {
  test('names its package, and explains the program that it installed', async () => {
    const image = await inspected(one, installed)
    expect(image.packages.map(({ purl }) => purl)).toEqual([one.purl])
    expect(image.packages[0]?.layer).toBe(0)
    const kind = name.startsWith('pip') ? 'ofLanguagePackages' : 'ofPackages'
    expect(image.programs).toMatchObject({ total: 1, [kind]: 1, unexplainedCount: 0, undecided: [] })
    expect(image.findings.filter(({ rule }) => rule !== 'root-user')).toEqual([])
  })
  test('does not explain a program that was changed, and says what it should be', async () => {
    const image = await inspected(one, changed)
    expect(image.programs).toMatchObject({ unexplainedCount: 1, unexplained: ['/usr/bin/app'] })
    const algorithm = one.expected.replace(/:.*/, '')
    expect(image.findings).toMatchObject([
      {
        rule: 'modified-file',
        severity: 'high',
        evidence: {
          path: '/usr/bin/app',
          package: one.owner,
          expected: one.expected,
          got: `${algorithm}:${createHash(algorithm).update(changed).digest('hex')}`,
        },
      },
    ])
  })
})

describe('a changed file', () => {
  test('is of medium severity where it is no program, and info where it is configuration', async () => {
    const data = createHash('md5').update('as installed').digest('hex')
    const image = await inspectEntries(
      [
        alpine,
        file('lib/apk/db/installed', apk),
        file('etc/app.conf', 'as somebody set it'),
        file('var/lib/dpkg/info/data.md5sums', `${data}  usr/share/data\n`),
        file('usr/share/data', 'as somebody changed it'),
      ],
      nonroot,
    )
    expect(image.findings.map(({ rule, severity, evidence }) => [rule, severity, evidence.path])).toEqual([
      ['modified-file', 'medium', '/usr/share/data'],
      ['modified-file', 'info', '/etc/app.conf'],
    ])
  })
  test('is none where one of several packages has it so', async () => {
    const other = 'f'.repeat(32)
    const image = await inspectEntries(
      [
        file('var/lib/dpkg/info/one.md5sums', `${other}  usr/bin/app\n`),
        file('var/lib/dpkg/info/two.md5sums', `${digest('md5')}  usr/bin/app\n`),
        program('usr/bin/app', installed),
      ],
      nonroot,
    )
    expect(image.findings).toEqual([])
    expect(image.programs.ofPackages).toBe(1)
  })
  test.each([
    ['bin', 'usr/bin'],
    ['opt', 'srv'],
  ])('is found through the link from %s to %s', async (link, target) => {
    const image = await inspectEntries(
      [
        { kind: 'symlink', path: link, target },
        file('var/lib/dpkg/info/app.md5sums', `${digest('md5')}  ${link}/app\n`),
        program(`${target}/app`, changed),
      ],
      nonroot,
    )
    expect(found(image)).toEqual([`modified-file /${target}/app`])
  })
  test('is none where it tells the name of the distribution', async () => {
    const list = `${'f'.repeat(32)}  usr/lib/os-release\n`
    const image = await inspectEntries(
      [file('usr/lib/os-release', 'ID=debian\n'), file('var/lib/dpkg/status.d/base-files.md5sums', list)],
      nonroot,
    )
    expect(image.findings).toEqual([])
  })
})

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inspectEntries } from '@assay/test-support/inspect'
import { missing } from '@assay/test-support/missing'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { afterAll, describe, expect, test } from 'vitest'

const has = (program: string, flag: string): boolean => spawnSync(program, [flag]).status === 0
const ready = has('rpmbuild', '--version') && has('db5.3_load', '-V')
if (!ready) missing('rpmbuild or db5.3_load', 'apt-get install rpm db5.3-util')

const spec = `Name: hello
Version: 1.2
Release: 3
Epoch: 1
Summary: greets
License: MIT
BuildArch: noarch
%description
It greets.
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc
printf '#!/usr/bin/hello\\n' > %{buildroot}/usr/bin/hello
chmod 755 %{buildroot}/usr/bin/hello
echo polite > %{buildroot}/etc/hello.conf
mkdir -p %{buildroot}/var/lib
echo new > %{buildroot}/var/lib/hello.state
ln -s hello %{buildroot}/usr/bin/hi
%files
/usr/bin/hello
/usr/bin/hi
%config /etc/hello.conf
%verify(not md5) /var/lib/hello.state
`

/** A package that rpmbuild built, as rpm installed it: its database, and the same as older versions kept it. */
function installed(folder: string): Readonly<Record<'rpmdb.sqlite' | 'Packages', Uint8Array>> {
  const database = join(folder, 'db')
  writeFileSync(join(folder, 'hello.spec'), spec)
  const build = [
    '--define',
    `_topdir ${folder}`,
    '--define',
    `_dbpath ${database}`,
    '-bb',
    join(folder, 'hello.spec'),
  ]
  execFileSync('rpmbuild', build, { stdio: 'ignore' })
  const rpm = join(folder, 'RPMS/noarch/hello-1.2-3.noarch.rpm')
  const install = ['--dbpath', database, '--justdb', '--nodeps', '-i', rpm]
  execFileSync('rpm', install, { stdio: 'ignore' })
  const file = join(database, 'rpmdb.sqlite')
  const sqlite = new DatabaseSync(file)
  sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const rows = sqlite.prepare('SELECT hnum, blob FROM Packages').all()
  sqlite.close()
  return { 'rpmdb.sqlite': readFileSync(file), Packages: asBerkeley(folder, rows) }
}

function asBerkeley(folder: string, rows: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  const pairs = rows.map(({ hnum, blob }) => [
    word(Number(hnum)),
    Buffer.from(blob instanceof Uint8Array ? blob : []),
  ])
  const lines = [[word(0), word(rows.length)], ...pairs].flat().map((bytes) => ` ${bytes.toString('hex')}`)
  const dump = [
    'VERSION=3',
    'format=bytevalue',
    'type=hash',
    'db_pagesize=4096',
    'HEADER=END',
    ...lines,
    'DATA=END',
    '',
  ]
  const target = join(folder, 'Packages')
  execFileSync('db5.3_load', [target], { input: dump.join('\n') })
  return readFileSync(target)
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const folder = mkdtempSync(join(tmpdir(), 'assay-rpm-'))
afterAll(() => rmSync(folder, { recursive: true }))
const databases = ready ? installed(folder) : undefined

const script = '#!/usr/bin/hello\n'
const file = (path: string, content: string | Uint8Array, mode = 0o644): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode,
})
const release = file('etc/os-release', 'ID=fedora\nVERSION_ID=43\n')

describe.skipIf(databases === undefined).each(['rpmdb.sqlite', 'Packages'] as const)(
  '%s, as rpm wrote it',
  (name) => {
    const database = file(`var/lib/rpm/${name}`, databases?.[name] ?? '')
    test('names the package, and compares its files', async () => {
      const image = await inspectEntries([
        release,
        database,
        file('usr/bin/hello', script, 0o755),
        file('etc/hello.conf', 'rude\n'),
        file('var/lib/hello.state', 'old\n'),
      ])
      expect(image.packages).toMatchObject([
        {
          purl: 'pkg:rpm/fedora/hello@1.2-3?arch=noarch&distro=fedora-43&epoch=1',
          version: '1:1.2-3',
          license: 'MIT',
          source: 'hello-1.2-3.src.rpm',
        },
      ])
      expect(image.programs).toMatchObject({ total: 1, ofPackages: 1, undecided: [] })
      const modified = image.findings.filter(({ rule }) => rule === 'modified-file')
      expect(modified).toMatchObject([
        { severity: 'info', evidence: { path: '/etc/hello.conf', package: 'hello' } },
        { severity: 'info', evidence: { path: '/var/lib/hello.state', package: 'hello' } },
      ])
    })
    test('contradicts a program that was changed', async () => {
      const image = await inspectEntries([
        release,
        database,
        file('usr/bin/hello', `${script}# changed\n`, 0o755),
      ])
      expect(image.programs.unexplained).toEqual(['/usr/bin/hello'])
      const modified = image.findings.filter(({ rule }) => rule === 'modified-file')
      expect(modified).toMatchObject([
        { severity: 'high', evidence: { expected: expect.stringMatching(/^sha256:/) } },
      ])
    })
  },
)

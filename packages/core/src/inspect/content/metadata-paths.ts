import { baseName } from '../../image/layer-path.ts'
import { LIMITS } from '../../image/limits.ts'

/** What becomes of the content of a file that tells about software: kept as it is, or parsed when it ends. */
export type CaptureKind = 'keep' | 'npm' | 'python' | 'java' | 'java-runtime' | 'python-headers'

const exact: ReadonlySet<string> = new Set([
  'etc/passwd',
  'etc/group',
  'etc/shadow',
  'etc/os-release',
  'usr/lib/os-release',
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'etc/apko.json',
  // The table of contents of an eStargz layer.
  'stargz.index.json',
  'var/lib/rpmmanifest/container-manifest-2',
])

const rpmFolders = /^(?:var\/lib|usr\/share|usr\/lib\/sysimage)\/rpm\//
const rpmFiles: ReadonlySet<string> = new Set(['Packages', 'Packages.db', 'rpmdb.sqlite', 'rpmdb.sqlite-wal'])

type ByPath = (path: string) => CaptureKind | undefined

const where =
  (kind: CaptureKind, form: RegExp): ByPath =>
  (path) =>
    form.test(path) ? kind : undefined

/** By the last name of a path: most files of an image are none of these. */
const byName: ReadonlyMap<string, ByPath> = new Map<string, ByPath>([
  ['package.json', where('npm', /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/)],
  ['METADATA', where('python', /\.dist-info\/METADATA$/)],
  ['PKG-INFO', where('python', /\.egg-info\/PKG-INFO$/)],
  ['RECORD', where('keep', /\.dist-info\/RECORD$/)],
  ['manifest.wall', where('keep', /(?:^|\/)chisel\/manifest\.wall$/)],
  ['release', () => 'java-runtime'],
  ['patchlevel.h', where('python-headers', /(?:^|\/)include\/python3\.\d+t?\/patchlevel\.h$/)],
  ...[...rpmFiles].map((name): readonly [string, ByPath] => [name, where('keep', rpmFolders)]),
])

const javaArchive = /\.(?:jar|war|ear)$/

/** What becomes of the content of a path: package databases, accounts, what system it is, what software is in it. */
export function captureOf(path: string): CaptureKind | undefined {
  if (exact.has(path)) return 'keep'
  if (path.startsWith('var/lib/dpkg/')) return isDpkgPath(path) ? 'keep' : undefined
  const name = baseName(path)
  const known = byName.get(name)
  if (known !== undefined) return known(path)
  if (name.endsWith('.egg-info')) return 'python'
  return javaArchive.test(name) ? 'java' : undefined
}

function isDpkgPath(path: string): boolean {
  if (path.startsWith('var/lib/dpkg/status.d/')) return true
  return path.startsWith('var/lib/dpkg/info/') && path.endsWith('.md5sums')
}

/** Bytes of a file of each kind that are read at most; for an inventory, larger jars too. */
export const captureLimits: Readonly<Record<CaptureKind, number>> = {
  keep: LIMITS.metadataBytes,
  npm: LIMITS.descriptionBytes,
  // The fields come first, a text for people of any length follows.
  python: 65_536,
  java: LIMITS.javaArchiveBytesAtOnce,
  'java-runtime': 65_536,
  'python-headers': 65_536,
}

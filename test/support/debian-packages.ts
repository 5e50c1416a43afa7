import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian packages unpacked into a folder of their own. */
export interface DebianPackages extends Disposable {
  /** The folder of a package's files, or undefined where apt does not have it. */
  readonly folderOf: (name: string) => string | undefined
  /** What the package holds: its files as the tar in it, its fields, and the list of its files with their MD5 digests. */
  readonly contentOf: (name: string) => PackageContent
}

export interface PackageContent {
  readonly tar: Uint8Array
  readonly fields: string
  readonly digests: string
}

/**
 * Downloads Debian packages with apt and unpacks them, without installing anything. Under `CI=true` a package that
 * cannot be had is a failure.
 */
export function debianPackages(names: readonly string[]): DebianPackages {
  const folder = mkdtempSync(join(tmpdir(), 'assay-debs-'))
  // One call for all is several times faster; one by one tells which is missing.
  const available = download(names, folder) ? names : names.filter((name) => download([name], folder))
  failInCi(names.filter((name) => !available.includes(name)))
  const files = new Map<string, string>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const [name = ''] = file.split('_')
    files.set(decodeURIComponent(name), join(folder, file))
    execFileSync('dpkg-deb', ['-x', join(folder, file), join(folder, decodeURIComponent(name))])
  }
  return {
    folderOf: (name) => (available.includes(name) ? join(folder, name) : undefined),
    contentOf: (name) => {
      const file = files.get(name) ?? ''
      const digests = spawnSync('dpkg-deb', ['--info', file, 'md5sums'], { encoding: 'utf8' })
      return {
        tar: execFileSync('dpkg-deb', ['--fsys-tarfile', file], { maxBuffer: 1024 ** 3 }),
        fields: execFileSync('dpkg-deb', ['--field', file], { encoding: 'utf8' }),
        digests: digests.status === 0 ? digests.stdout : '',
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

function download(names: readonly string[], folder: string): boolean {
  return spawnSync('apt-get', ['download', ...names], { cwd: folder, stdio: 'ignore' }).status === 0
}

function failInCi(missing: readonly string[]): void {
  if (missing.length === 0 || process.env['CI'] !== 'true') return
  throw new Error(`apt has no package ${missing.join(', ')}`)
}

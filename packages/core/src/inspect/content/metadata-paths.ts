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
  'var/lib/rpmmanifest/container-manifest-2',
])

const prefixes = ['var/lib/dpkg/status.d/', 'var/lib/dpkg/info/'] as const

/** Whether the content of a path is kept for parsing: package databases, accounts, what system it is. */
export function isMetadataPath(path: string): boolean {
  if (exact.has(path)) return true
  if (!path.startsWith('var/lib/dpkg/')) return false
  return path.startsWith(prefixes[0]) || (path.startsWith(prefixes[1]) && path.endsWith('.md5sums'))
}

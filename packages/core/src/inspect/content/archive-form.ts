import type { ArchiveForm } from '../../image/content-facts.ts'

const magics: readonly (readonly [ArchiveForm, string])[] = [
  ['zip', 'PK\x03\x04'],
  ['gzip', '\x1f\x8b\x08'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['xz', '\xfd7zXZ\0'],
  ['bzip2', 'BZh'],
  ['ar', '!<arch>\n'],
  ['cpio', '070701'],
  ['cpio', '070707'],
  ['squashfs', 'hsqs'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
]

/** Which archive or compressed form a file has, by its first bytes. */
export function archiveFormOf(head: Buffer): ArchiveForm | undefined {
  if (!firstBytes.has(head[0] ?? 0)) return tarIn(head)
  const start = head.toString('latin1', 0, 8)
  const found = magics.find(([, magic]) => start.startsWith(magic))
  if (found !== undefined) return found[0]
  return tarIn(head)
}

const firstBytes: ReadonlySet<number> = new Set(magics.map(([, magic]) => magic.charCodeAt(0)))

function tarIn(head: Buffer): ArchiveForm | undefined {
  return head[257] === 0x75 && head.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined
}

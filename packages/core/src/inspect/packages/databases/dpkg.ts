import { baseName, cleanPath } from '../../../image/layer-path.ts'
import {
  checkPackageCount,
  malformed,
  type DatabaseContent,
  type FileClaim,
  type PackageRecord,
} from './database.ts'

/** The installed packages of dpkg's `status` (deb822), or of a file in the `status.d` of distroless images. */
export function dpkgStatus(content: Buffer): DatabaseContent {
  const packages: PackageRecord[] = []
  const files: FileClaim[] = []
  for (const paragraph of content.toString('utf8').split(/\n(?:[ \t]*\n)+/)) {
    if (paragraph.trim() === '') continue
    const found = recordOf(fieldsOf(paragraph))
    if (found === undefined) continue
    packages.push(found)
    files.push(...configurationOf(paragraph, found.name))
    checkPackageCount(packages.length)
  }
  return { packages, files }
}

/** The `Conffiles` of a package with their MD5 digests: the lists of its other files do not have them. */
function configurationOf(paragraph: string, name: string): readonly FileClaim[] {
  const lines = /^Conffiles:[^\n]*((?:\n[ \t][^\n]*)*)/im.exec(paragraph)?.[1] ?? ''
  return lines.split('\n').flatMap((line): readonly FileClaim[] => {
    const [, file, digest] = /^\s+(.+) ([0-9a-f]{32})$/.exec(line) ?? []
    if (file === undefined || digest === undefined) return []
    const path = cleanPath(Buffer.from(file, 'utf8').toString('latin1'))
    return [{ path, package: name, algorithm: 'md5', digest, configuration: true }]
  })
}

/** The files of one package and their MD5 digests: `info/NAME.md5sums`, `status.d/NAME.md5sums`. */
export function dpkgFiles(content: Buffer, path: string): DatabaseContent {
  const name = baseName(path)
    .replace(/\.md5sums$/, '')
    .replace(/:.*$/, '')
  const files: FileClaim[] = []
  for (const line of content.toString('latin1').split('\n')) {
    if (line.trim() === '') continue
    const [, digest, file] = /^([0-9a-f]{32}) [ *](.+)$/.exec(line) ?? []
    if (digest === undefined || file === undefined)
      throw malformed('a line is no MD5 digest and path', { got: line.slice(0, 80) })
    files.push({ path: cleanPath(file), package: name, algorithm: 'md5', digest })
  }
  return { packages: [], files }
}

type Fields = ReadonlyMap<string, string>

/** The fields of one paragraph; only the first line of a field is kept. */
function fieldsOf(paragraph: string): Fields {
  const fields = new Map<string, string>()
  for (const line of paragraph.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !/^\s/.test(line))
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return fields
}

function recordOf(fields: Fields): PackageRecord | undefined {
  const name = fields.get('package')
  const version = fields.get('version')
  const status = fields.get('status')
  if (name === undefined || name === '') throw malformed('a paragraph names no package')
  // `status` lists removed packages too; the files of `status.d` have no such field.
  if (status !== undefined && !status.endsWith(' installed')) return undefined
  if (version === undefined || version === '') throw malformed('a package has no version', { got: name })
  const source = fields.get('source')
  return {
    ecosystem: 'deb',
    name,
    version,
    architecture: fields.get('architecture') ?? '',
    ...(source === undefined ? {} : { source }),
  }
}

import { cleanPath } from '../../../image/layer-path.ts'
import {
  checkPackageCount,
  malformed,
  type DatabaseContent,
  type DigestAlgorithm,
  type FileClaim,
  type PackageRecord,
} from './database.ts'

/**
 * The database of apk (apk-tools, `db/installed`): one field a line, one letter a field, an empty line after each
 * package. `F` is a folder, `R` a file in it, `Z` the digest of that file.
 */
export function apkInstalled(content: Buffer): DatabaseContent {
  const packages: PackageRecord[] = []
  const files: FileClaim[] = []
  for (const paragraph of content.toString('latin1').split(/\n{2,}/)) {
    if (paragraph.trim() === '') continue
    const stanza = stanzaOf(paragraph)
    packages.push(stanza.record)
    for (const file of stanza.files) files.push(file)
    checkPackageCount(packages.length)
  }
  return { packages, files }
}

interface Stanza {
  readonly record: PackageRecord
  readonly files: readonly FileClaim[]
}

function stanzaOf(paragraph: string): Stanza {
  const fields = new Map<string, string>()
  const listed: { readonly path: string; readonly checksum: string }[] = []
  let folder = ''
  let file: string | undefined
  for (const line of paragraph.split('\n')) {
    if (line === '') continue
    if (line[1] !== ':') throw malformed('a line is no field', { got: line.slice(0, 80) })
    const [key = '', value] = [line[0], line.slice(2)]
    if (key === 'F') [folder, file] = [value, undefined]
    else if (key === 'R') file = `${folder}/${value}`
    else if (key === 'Z' && file !== undefined) listed.push({ path: file, checksum: value })
    else if (!fields.has(key)) fields.set(key, value)
  }
  const record = recordOf(fields)
  return { record, files: listed.map(({ path, checksum }) => claimOf(record.name, path, checksum)) }
}

function recordOf(fields: ReadonlyMap<string, string>): PackageRecord {
  const [name = '', version = ''] = [fields.get('P'), fields.get('V')]
  if (name === '' || version === '') throw malformed('a package has no name or no version')
  const [source, license] = [fields.get('o'), fields.get('L')]
  return {
    ecosystem: 'apk',
    name,
    version,
    architecture: fields.get('A') ?? '',
    ...(source === undefined ? {} : { source }),
    ...(license === undefined || license === '' ? {} : { license }),
  }
}

/** `Q1` stands before a SHA-1 digest in base64, `Q2` before a SHA-256 digest. */
const algorithms: Readonly<Record<string, readonly [DigestAlgorithm, number]>> = {
  Q1: ['sha1', 20],
  Q2: ['sha256', 32],
}

function claimOf(name: string, path: string, checksum: string): FileClaim {
  const [algorithm, size] = algorithms[checksum.slice(0, 2)] ?? []
  const digest = Buffer.from(checksum.slice(2), 'base64')
  if (algorithm === undefined || digest.length !== size)
    throw malformed('a file has no digest that is known', { got: checksum.slice(0, 80) })
  const cleaned = cleanPath(path)
  return {
    path: cleaned,
    package: name,
    algorithm,
    digest: digest.toString('hex'),
    // apk protects what lies there: an upgrade does not overwrite it.
    ...(cleaned.startsWith('etc/') ? { configuration: true } : {}),
  }
}

import { baseName, cleanPath, parentPath } from '../../../image/layer-path.ts'
import {
  isHexDigest,
  malformed,
  type DatabaseContent,
  type DigestAlgorithm,
  type FileClaim,
} from './database.ts'

const algorithms: ReadonlyMap<string, DigestAlgorithm> = new Map([
  ['md5', 'md5'],
  ['sha1', 'sha1'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
])

/**
 * The files of an installed Python distribution: `RECORD` in its `.dist-info`, CSV of path, digest and size. Paths
 * begin at the folder that holds the `.dist-info`. Compiled files and RECORD itself have no digest.
 */
export function pythonRecord(content: Buffer, path: string): DatabaseContent {
  const folder = parentPath(path)
  const name = baseName(folder).replace(/\.dist-info$/, '')
  const root = parentPath(folder)
  const files: FileClaim[] = []
  for (const line of content.toString('latin1').split(/\r?\n/)) {
    if (line === '') continue
    const [, quoted, plain, digest = ''] = /^(?:"((?:[^"]|"")*)"|([^,"]*)),([^,]*),\d*$/.exec(line) ?? []
    const file = quoted?.replaceAll('""', '"') ?? plain
    if (file === undefined || file === '')
      throw malformed('a line is no path, digest and size', { got: line.slice(0, 80) })
    if (digest === '') continue
    const absolute = file.startsWith('/') ? file : `${root}/${file}`
    files.push({ path: cleanPath(absolute), package: name, language: 'python', root, ...digestOf(digest) })
  }
  return { packages: [], files }
}

/** Base64 of URLs, as the specification says; some writers put hex. */
function digestOf(text: string): Pick<FileClaim, 'algorithm' | 'digest'> {
  const [name = '', value = ''] = text.split('=', 2)
  const algorithm = algorithms.get(name)
  if (algorithm !== undefined) {
    const decoded = Buffer.from(value, 'base64url').toString('hex')
    const digest = [value, decoded].find((one) => isHexDigest(algorithm, one))
    if (digest !== undefined) return { algorithm, digest }
  }
  throw malformed('a digest is none', { got: text.slice(0, 80) })
}

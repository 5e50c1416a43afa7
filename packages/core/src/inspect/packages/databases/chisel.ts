import { cleanPath } from '../../../image/layer-path.ts'
import { LIMITS } from '../../../image/limits.ts'
import { unzstdWhole } from '../../../image/zstd-whole.ts'
import {
  checkPackageCount,
  isHexDigest,
  malformed,
  type DatabaseContent,
  type FileClaim,
  type PackageRecord,
} from './database.ts'

/**
 * The manifest that chisel writes of the slices that it cut: zstd over JSON, one value a line, the first of which
 * says how many there are (canonical/chisel, public/jsonwall). Every file has its SHA-256.
 */
export function chiselManifest(content: Buffer): DatabaseContent {
  const plain = unzstdWhole(content, LIMITS.metadataBytes)
  if (plain === undefined) throw malformed('it is not zstd, or too long')
  const [first = '', ...lines] = plain
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  const header = valueOf(first)
  if (header['jsonwall'] !== '1.0' || header['schema'] !== '1.0')
    throw malformed('its first line names no version that is known', { got: first.slice(0, 80) })
  if (header['count'] !== lines.length + 1)
    throw malformed('it is not whole', {
      expected: `${String(header['count'])} lines`,
      got: String(lines.length + 1),
    })
  const packages: PackageRecord[] = []
  const files: FileClaim[] = []
  for (const line of lines) {
    const value = valueOf(line)
    if (value['kind'] === 'package') packages.push(packageOf(value))
    if (value['kind'] === 'path') files.push(...claimsOf(value))
    checkPackageCount(packages.length)
  }
  return { packages, files }
}

type Fields = Readonly<Record<string, unknown>>

function valueOf(line: string): Fields {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw malformed('a line is no JSON object', { got: line.slice(0, 80) })
}

function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value === 'string' && value !== '') return value
  throw malformed(`a line has no \`${key}\``)
}

function packageOf(fields: Fields): PackageRecord {
  return {
    ecosystem: 'deb',
    name: text(fields, 'name'),
    version: text(fields, 'version'),
    architecture: text(fields, 'arch'),
    sha256: text(fields, 'sha256'),
  }
}

/** Folders and links have no digest. What chisel's scripts changed after unpacking has a second one. */
function claimsOf(fields: Fields): readonly FileClaim[] {
  const digest = fields['final_sha256'] ?? fields['sha256']
  if (digest === undefined) return []
  if (typeof digest !== 'string' || !isHexDigest('sha256', digest))
    throw malformed('a digest is none', { got: text(fields, 'path') })
  const slices: unknown = fields['slices']
  const [slice] = Array.isArray(slices) ? slices : []
  const path = Buffer.from(cleanPath(text(fields, 'path')), 'utf8').toString('latin1')
  return [{ path, package: String(slice ?? '').replace(/_.*$/, ''), algorithm: 'sha256', digest }]
}

import { distributionOf } from '../os-release.ts'
import { baseName } from '../../image/layer-path.ts'
import { isPresent, type InspectedImage } from '../inspected-image.ts'
import type { Package } from './package.ts'

const statusFile = 'var/lib/dpkg/status'
const statusFolder = 'var/lib/dpkg/status.d/'

/** Debian packages: the `status` file of dpkg, and the files of `status.d` that distroless images have instead. */
export function dpkgPackages(inspected: InspectedImage): readonly Package[] {
  const found: Package[] = []
  const distribution = distributionOf(inspected)
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      const text = isStatus(entry.path) && isPresent(inspected, entry) ? entry.facts?.metadata : undefined
      if (text === undefined) continue
      for (const paragraph of text.toString('utf8').split(/\n\s*\n/)) {
        const parsed = packageOf(fieldsOf(paragraph), entry.path, distribution)
        if (parsed !== undefined) found.push(parsed)
      }
    }
  }
  return found.toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
}

function isStatus(path: string): boolean {
  if (path === statusFile) return true
  return (
    path.startsWith(statusFolder) && !/\.(?:md5sums|list|preinst|postinst|prerm|postrm)$/.test(baseName(path))
  )
}

type Fields = ReadonlyMap<string, string>

/** The fields of one paragraph (deb822); only the first line of a field is kept. */
function fieldsOf(paragraph: string): Fields {
  const fields = new Map<string, string>()
  for (const line of paragraph.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !/^\s/.test(line))
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return fields
}

function packageOf(fields: Fields, from: string, distribution: Distribution): Package | undefined {
  const name = fields.get('package')
  const version = fields.get('version')
  const status = fields.get('status')
  if (name === undefined || version === undefined) return undefined
  // `status` lists removed packages too; the files of `status.d` have no such field.
  if (status !== undefined && !status.endsWith(' installed')) return undefined
  const architecture = fields.get('architecture') ?? ''
  const source = fields.get('source')
  const vendor = distribution.id === '' ? 'debian' : distribution.id
  const qualifiers = [
    ...(architecture === '' ? [] : [`arch=${encodeURIComponent(architecture)}`]),
    ...(distribution.version === ''
      ? []
      : [`distro=${encodeURIComponent(`${vendor}-${distribution.version}`)}`]),
  ]
  const query = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`
  const purl = `pkg:deb/${vendor}/${encodeURIComponent(name)}@${encodeURIComponent(version)}${query}`
  return { ecosystem: 'deb', name, version, architecture, source, purl, from }
}

interface Distribution {
  readonly id: string
  readonly version: string
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

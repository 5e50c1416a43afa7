import { checkPackageCount, malformed, type DatabaseContent, type PackageRecord } from './database.ts'

/**
 * What images of Azure Linux without an rpm database have instead: `container-manifest-2`, one package a line, fields
 * between tabs as `rpm -qa` printed them. It lists no files.
 */
export function rpmManifest(content: Buffer): DatabaseContent {
  const packages: PackageRecord[] = []
  for (const line of content.toString('utf8').split('\n')) {
    if (line.trim() === '') continue
    packages.push(recordOf(line))
    checkPackageCount(packages.length)
  }
  return { packages, files: [] }
}

function recordOf(line: string): PackageRecord {
  const fields = line.split('\t')
  const at = (index: number): string => fields[index] ?? ''
  const [name, release, epoch, source] = [at(0), at(1), at(5), at(9)]
  if (fields.length < 9 || name === '' || release === '')
    throw malformed('a line has not the fields of a package', { got: line.slice(0, 80) })
  return {
    ecosystem: 'rpm',
    name,
    version: isEpoch(epoch) ? `${epoch}:${release}` : release,
    architecture: at(7),
    ...(source === '' || source === '(none)' ? {} : { source }),
  }
}

function isEpoch(text: string): boolean {
  return /^[1-9]\d*$/.test(text)
}

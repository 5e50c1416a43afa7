import type { Component } from '../../image/content-facts.ts'
import type { Distribution } from '../os-release.ts'
import type { PackageRecord } from './databases/database.ts'

/** The package URL of what a distribution's database lists (purl-spec, types deb, apk and rpm). */
export function databasePackageUrl(record: PackageRecord, distribution: Distribution): string {
  const vendor = distribution.id === '' ? fallbackVendors[record.ecosystem] : distribution.id
  const namespace = vendor === 'rhel' ? 'redhat' : vendor
  const { epoch, version } = split(record)
  const release = distribution.version === '' ? undefined : `${vendor}-${distribution.version}`
  const qualifiers: readonly (readonly [string, string | undefined])[] = [
    ['arch', record.architecture === '' ? undefined : record.architecture],
    ['distro', release],
    ['epoch', epoch],
  ]
  const query = qualifiers.flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escaped(value)}`],
  )
  const name = escaped(record.name)
  return `pkg:${record.ecosystem}/${escaped(namespace)}/${name}@${escaped(version)}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

const fallbackVendors: Readonly<Record<PackageRecord['ecosystem'], string>> = {
  deb: 'debian',
  apk: 'alpine',
  rpm: 'linux',
}

/** The epoch of an rpm is a qualifier, that of a Debian package stays in the version. */
function split({ ecosystem, version }: PackageRecord): {
  readonly epoch: string | undefined
  readonly version: string
} {
  const [, epoch, rest] = ecosystem === 'rpm' ? (/^(\d+):(.+)$/.exec(version) ?? []) : []
  return rest === undefined ? { epoch: undefined, version } : { epoch, version: rest }
}

/** The package URL of what a file says of itself. */
export function componentUrl(component: Component): string {
  const { ecosystem, version } = component
  const suffix = version === '' ? '' : `@${escaped(version)}`
  return `pkg:${urlTypes[ecosystem](component)}${suffix}`
}

const urlTypes: Readonly<Record<Component['ecosystem'], (component: Component) => string>> = {
  npm: ({ name }) => `npm/${path(name.toLowerCase())}`,
  pypi: ({ name }) => `pypi/${escaped(name.toLowerCase().replaceAll('_', '-'))}`,
  golang: ({ name }) => `golang/${path(name)}`,
  cargo: ({ name }) => `cargo/${escaped(name)}`,
  // Maven's coordinates need a group; without one it is a file with a name.
  maven: ({ name, group }) =>
    group === undefined ? `generic/${escaped(name)}` : `maven/${escaped(group)}/${escaped(name)}`,
  generic: ({ name }) => `generic/${escaped(name)}`,
}

/** The name with its namespace: each part escaped, the slashes between them not. */
function path(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '')
    .map(escaped)
    .join('/')
}

/** RFC 3986 as purl-spec has it: a colon is not escaped. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':')
}

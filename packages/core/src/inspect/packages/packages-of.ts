import type { Component } from '../../image/content-facts.ts'
import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { digestsOf, isPresent, type InspectedImage } from '../inspected-image.ts'
import { distributionOf } from '../os-release.ts'
import { databasesOf } from './databases-of.ts'
import type { Package } from './package.ts'
import { componentUrl, databasePackageUrl } from './package-url.ts'

/** All software that the container sees: of package databases, and what files tell of themselves. By name. */
export function packagesOf(inspected: InspectedImage): readonly Package[] {
  const found = [...listed(inspected), ...told(inspected)]
  return found.toSorted(
    (a, b) =>
      compare(a.name, b.name) ||
      compare(a.version, b.version) ||
      compare(a.purl, b.purl) ||
      compare(a.from, b.from),
  )
}

/** One package may be in two databases: that of dpkg and that of chisel, for tools that know only one. */
function listed(inspected: InspectedImage): readonly Package[] {
  const distribution = distributionOf(inspected)
  const byUrl = new Map<string, Package>()
  for (const { record, entry, layer } of databasesOf(inspected).packages) {
    const { ecosystem, name, version, architecture, source, license, sha256 } = record
    const purl = databasePackageUrl(record, distribution)
    const known = byUrl.get(purl)
    byUrl.set(purl, {
      ecosystem,
      name,
      version,
      architecture,
      source: source ?? known?.source,
      purl,
      from: known?.from ?? displayPath(entry.path),
      ...optional({ license: license ?? known?.license, sha256: sha256 ?? known?.sha256 }),
      layer: Math.min(layer, known?.layer ?? layer),
    })
  }
  return [...byUrl.values()]
}

function told(inspected: InspectedImage): readonly Package[] {
  const packages: Package[] = []
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      const components = componentsOf(inspected, entry)
      if (components.length === 0 || !isPresent(inspected, entry)) continue
      for (const component of components) packages.push(packageOf(inspected, entry, component))
    }
  }
  return packages
}

const none: readonly Component[] = []

/** What a file tells of software: in its own layer, or found when that was read again. */
export function componentsOf({ crates }: InspectedImage, entry: LayerEntry): readonly Component[] {
  const own = entry.facts?.components ?? none
  const found = crates.get(entry)?.components ?? none
  return found.length === 0 ? own : [...own, ...found]
}

function packageOf(inspected: InspectedImage, entry: LayerEntry, component: Component): Package {
  const { ecosystem, name, version, license, inner } = component
  // Of what is the file itself; a module is not the program that it is built into.
  const isFile = ecosystem === 'generic' && entry.facts?.form === 'elf'
  const path = displayPath(entry.path)
  return {
    ecosystem,
    name: component.group === undefined ? name : `${component.group}:${name}`,
    version,
    architecture: '',
    source: undefined,
    purl: componentUrl(component),
    from: inner === undefined ? path : `${path}!${inner}`,
    ...optional({
      license,
      sha256: component.sha256 ?? (isFile ? digestsOf(inspected, entry).sha256 : undefined),
    }),
    layer: entry.layer,
  }
}

function optional(fields: {
  readonly license: string | undefined
  readonly sha256: string | undefined
}): Pick<Package, 'license' | 'sha256'> {
  const { license, sha256 } = fields
  return {
    ...(license === undefined ? {} : { license }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

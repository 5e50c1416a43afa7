import type { ImageReport } from '../inspect/inspection-report.ts'
import type { Package } from '../inspect/packages/package.ts'

/** One piece of software of an SBOM: the same thing in several places is one. */
export interface Software {
  /** Unique in the list; the same in every SBOM of the image. */
  readonly id: string
  readonly kind: 'package' | 'application' | 'file'
  readonly ecosystem: Package['ecosystem'] | 'file'
  readonly name: string
  readonly group?: string
  readonly version: string
  readonly purl?: string
  readonly license?: string
  readonly source?: string
  readonly sha256?: string
  /** Where it is told or lies, in order. */
  readonly places: readonly string[]
  /** Index of the lowest layer that has it. */
  readonly layer: number
}

/** Everything that an image holds, packages before files. */
export function softwareOf({ packages, binaries }: ImageReport): readonly Software[] {
  const merged = new Map<string, Software>()
  for (const one of packages) {
    const key = `${one.purl} ${one.sha256 ?? ''} ${one.license ?? ''}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? softwareFrom(one) : withPlace(known, one))
  }
  const urls = new Map<string, number>()
  const unique = [...merged.values()].map((software): Software => {
    const count = (urls.get(software.id) ?? 0) + 1
    urls.set(software.id, count)
    return count === 1 ? software : { ...software, id: `${software.id}#${count}` }
  })
  const files = binaries.map(({ path, sha256, layer }): Software => ({
    id: `file:${path}`,
    kind: 'file',
    ecosystem: 'file',
    name: path,
    version: '',
    ...(sha256 === null ? {} : { sha256 }),
    places: [path],
    layer,
  }))
  return [...unique, ...files]
}

function softwareFrom(one: Package): Software {
  const { ecosystem, version, purl, license, source, sha256, layer } = one
  const [, group, name = one.name] = ecosystem === 'maven' ? (/^([^:]+):(.+)$/.exec(one.name) ?? []) : []
  return {
    id: purl,
    kind: ecosystem === 'generic' ? 'application' : 'package',
    ecosystem,
    name,
    version,
    purl,
    ...(group === undefined ? {} : { group }),
    ...(license === undefined ? {} : { license }),
    ...(source === undefined ? {} : { source }),
    ...(sha256 === undefined ? {} : { sha256 }),
    places: [placeOf(one)],
    layer,
  }
}

function withPlace(known: Software, one: Package): Software {
  const place = placeOf(one)
  const places = known.places.includes(place) ? known.places : [...known.places, place]
  return { ...known, places, layer: Math.min(known.layer, one.layer) }
}

function placeOf({ from }: Package): string {
  return `/${from}`
}

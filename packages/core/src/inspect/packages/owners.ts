import { baseName } from '../../image/layer-path.ts'
import { isPresent, type InspectedImage } from '../inspected-image.ts'

/** Which package installed a file, and what it then was. */
interface Owner {
  readonly package: string
  /** Lower-case hex. */
  readonly md5: string
}

export interface Owners {
  readonly ownerOf: (path: string) => Owner | undefined
}

const lists = /^var\/lib\/dpkg\/(?:status\.d|info)\/[^/]+\.md5sums$/
const cache = new WeakMap<InspectedImage, Owners>()

/** The file lists of all packages that say what their files hash to. */
export function ownersOf(inspected: InspectedImage): Owners {
  const known = cache.get(inspected)
  if (known !== undefined) return known
  const owners = readOwners(inspected)
  cache.set(inspected, owners)
  return owners
}

function readOwners(inspected: InspectedImage): Owners {
  const byPath = new Map<string, Owner>()
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      if (!lists.test(entry.path) || !isPresent(inspected, entry)) continue
      const name = baseName(entry.path)
        .replace(/\.md5sums$/, '')
        .replace(/:.*$/, '')
      for (const line of (entry.facts?.metadata?.toString('latin1') ?? '').split('\n')) {
        const [, md5, path] = /^([0-9a-f]{32}) [ *](?:\.?\/)?(.+)$/.exec(line) ?? []
        if (md5 !== undefined && path !== undefined) byPath.set(merged(path), { package: name, md5 })
      }
    }
  }
  return { ownerOf: (path) => byPath.get(merged(path)) }
}

/** Packages may list `bin/x` for what lies in `usr/bin/x` on a system with merged /usr. */
function merged(path: string): string {
  return path.replace(/^(?=(?:bin|sbin|lib|lib32|lib64)\/)/, 'usr/')
}

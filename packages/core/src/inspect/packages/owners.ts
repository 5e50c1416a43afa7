import { baseName, parentPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { LIMITS } from '../../image/limits.ts'
import { placeAt } from '../../image/overlay-tree.ts'
import { digestsOf, type InspectedImage } from '../inspected-image.ts'
import { isProgramName } from '../program-names.ts'
import type { DigestAlgorithm, FileClaim } from './databases/database.ts'
import { databasesOf } from './databases-of.ts'

/** What packages say about the files of an image. */
interface Owners {
  readonly claimsOn: (path: string) => readonly FileClaim[]
}

const cache = new WeakMap<object, Owners>()
const unclaimed: readonly FileClaim[] = []

/** Which packages say that they installed the file at a path, and what it then was. */
export function claimsOn(inspected: InspectedImage, path: string): readonly FileClaim[] {
  const known = cache.get(inspected.rootfs)
  if (known !== undefined) return known.claimsOn(path)
  const owners = readOwners(inspected)
  cache.set(inspected.rootfs, owners)
  return owners.claimsOn(path)
}

function readOwners(inspected: InspectedImage): Owners {
  const folders = new Map<string, string>()
  const byPath = new Map<string, FileClaim[]>()
  const real = (path: string): string => {
    const folder = parentPath(path)
    let resolved = folders.get(folder)
    if (resolved === undefined) {
      resolved = resolvedFolder(inspected, folder)
      folders.set(folder, resolved)
    }
    return resolved === '' ? baseName(path) : `${resolved}/${baseName(path)}`
  }
  for (const claim of databasesOf(inspected).files) {
    const path = real(claim.path)
    if (claim.root !== undefined && !mayClaim(path, parentPath(real(`${claim.root}/_`)))) continue
    const claims = byPath.get(path)
    if (claims === undefined) byPath.set(path, [claim])
    else claims.push(claim)
  }
  // Most images of a single program have no database: nothing is looked up then.
  if (byPath.size === 0) return { claimsOn: () => unclaimed }
  return { claimsOn: (path) => byPath.get(real(path)) ?? unclaimed }
}

/**
 * Where a folder leads in the container. Packages may list `bin/x` for what lies in `usr/bin/x` on a system with merged
 * /usr, also where the links that say so are not in the image.
 */
function resolvedFolder({ rootfs }: InspectedImage, folder: string): string {
  const place = placeAt(rootfs.root, folder, LIMITS.linkHops)
  return place?.path ?? folder.replace(/^(?=(?:bin|sbin|lib|lib32|lib64)(?:\/|$))/, 'usr/')
}

/**
 * Whether a package of a language may say what a file is: below the folder that its kind is installed in, and beside it
 * below the same prefix. Where distributions have their programs, it has only programs of its own: what is known as a
 * shell or tool of a distribution is none of them, whatever a list says.
 */
function mayClaim(path: string, root: string): boolean {
  const prefix = /^(.+)\/lib(?:64)?\/[^/]+\/(?:site|dist)-packages$/.exec(root)?.[1]
  const isBeside = prefix !== undefined && path.startsWith(`${prefix}/`)
  if (systemPrograms.test(path)) return isBeside && !isProgramName(baseName(path))
  return isBeside || (root !== '' && path.startsWith(`${root}/`))
}

const systemPrograms = /^(?:usr\/)?s?bin\//

/** How a file compares with what its packages installed. */
export type Integrity =
  /** No package lists it with a digest. */
  | { readonly status: 'unclaimed' }
  | { readonly status: 'intact'; readonly claim: FileClaim }
  | { readonly status: 'modified'; readonly claim: FileClaim; readonly got: string }
  /** Its digest was not taken. */
  | { readonly status: 'unknown'; readonly claim: FileClaim }

/** Compares a file with every package that lists it: one match is enough. */
export function integrityOf(inspected: InspectedImage, entry: LayerEntry): Integrity {
  const all = entry.type === 'file' || entry.type === 'hardlink' ? claimsOn(inspected, entry.path) : unclaimed
  // What a distribution installed is not explained by the list of a language's package that names it, too.
  const ofDistribution = all.filter(({ language }) => language === undefined)
  const claims = ofDistribution.length > 0 ? ofDistribution : all
  const [first] = claims
  if (first === undefined) return { status: 'unclaimed' }
  const digests = digestsOf(inspected, entry)
  const match = claims.find(({ algorithm, digest }) => digests[algorithm] === digest)
  if (match !== undefined) return { status: 'intact', claim: match }
  const open = claims.find(({ algorithm }) => digests[algorithm] === undefined)
  if (open !== undefined) return { status: 'unknown', claim: open }
  return { status: 'modified', claim: first, got: digests[first.algorithm] ?? '' }
}

/** The digests that comparing a file takes. */
export function neededAlgorithms(inspected: InspectedImage, entry: LayerEntry): readonly DigestAlgorithm[] {
  return [...new Set(claimsOn(inspected, entry.path).map(({ algorithm }) => algorithm))]
}

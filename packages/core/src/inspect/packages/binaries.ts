import { displayPath } from '../../image/layer-path.ts'
import { LIMITS } from '../../image/limits.ts'
import { canStart } from '../can-start.ts'
import { digestsOf, type InspectedImage } from '../inspected-image.ts'
import { claimsOn } from './owners.ts'
import { componentsOf } from './packages-of.ts'

/** A program that no package lists and that tells nothing of itself: all that is known is its content. */
export interface Binary {
  readonly path: string
  readonly sha256: string | null
  readonly size: number
  /** Index of its layer. */
  readonly layer: number
}

interface Binaries {
  readonly binaries: readonly Binary[]
  readonly binariesUnlisted: number
}

/** The programs without any metadata, by path. */
export function binariesOf(inspected: InspectedImage): Binaries {
  const found: Binary[] = []
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      if (entry.facts?.form !== 'elf' || !canStart(inspected, entry)) continue
      if (componentsOf(inspected, entry).length > 0 || claimsOn(inspected, entry.path).length > 0) continue
      found.push({
        path: `/${displayPath(entry.path)}`,
        sha256: digestsOf(inspected, entry).sha256 ?? null,
        size: entry.size,
        layer: entry.layer,
      })
    }
  }
  const binaries = found.toSorted((a, b) => (a.path < b.path ? -1 : 1)).slice(0, LIMITS.listedBinaries)
  return { binaries, binariesUnlisted: found.length - binaries.length }
}

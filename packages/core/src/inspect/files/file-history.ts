import type { LayerEntry } from '../../image/layer.ts'
import type { InspectedImage } from '../inspected-image.ts'
import { whiteoutOf } from '../../image/whiteout.ts'

/** The life of a file: all versions from its first appearance to its deletion. */
export interface FileHistory {
  readonly introduced: number
  readonly changed: readonly number[]
  readonly deleted: number | null
}

/**
 * The history of every entry. Versions that replaced each other share one; a file that appears again after its
 * deletion begins a new one.
 */
export function fileHistories({ layers, rootfs }: InspectedImage): ReadonlyMap<LayerEntry, FileHistory> {
  const histories = new Map<LayerEntry, FileHistory>()
  const alive = new Map<string, OpenHistory>()
  for (const { entries } of layers) {
    for (const entry of entries) {
      if (whiteoutOf(entry.path) !== undefined) continue
      const fate = rootfs.fates.get(entry)
      const before = alive.get(entry.path)
      const goesOn = before !== undefined && (before.deleted === null || before.deleted > entry.layer)
      const history = goesOn ? before : { introduced: entry.layer, changed: [], deleted: null }
      if (goesOn && !history.changed.includes(entry.layer) && history.introduced !== entry.layer)
        history.changed.push(entry.layer)
      history.deleted = fate === undefined || fate.kind === 'overwritten' ? null : fate.layer
      alive.set(entry.path, history)
      histories.set(entry, history)
    }
  }
  return histories
}

interface OpenHistory {
  readonly introduced: number
  readonly changed: number[]
  deleted: number | null
}

import type { LayerEntry } from '../image/layer.ts'
import { displayPath } from '../image/layer-path.ts'
import { whiteoutOf } from '../image/whiteout.ts'
import { digestsOf, type InspectedImage } from './inspected-image.ts'

/** Bytes of content that an image ships, and which of them no container needs. Sizes are uncompressed. */
export interface Waste {
  /** Content of all files of all layers; a hardlink has none of its own. */
  readonly shippedBytes: number
  /** What a container sees. */
  readonly seenBytes: number
  /** Of files that a higher layer put another in place of. */
  readonly overwrittenBytes: number
  /** Of files that a higher layer deleted, or whose directory it replaced. */
  readonly deletedBytes: number
  /** Of files that a container sees and that are the same as another that it sees; known for hashed files only. */
  readonly duplicateBytes: number
  /** `seenBytes` over `shippedBytes`, from 0 to 1, four digits; 1 for an image without content. */
  readonly efficiency: number
  /** The files that waste most, most first. */
  readonly worst: readonly WastedFile[]
}

export interface WastedFile {
  readonly path: string
  readonly kind: 'overwritten' | 'deleted' | 'duplicate'
  /** Bytes that are wasted on it, all versions together. */
  readonly bytes: number
  /** The layers that ship them. */
  readonly layers: readonly number[]
  /** The layers that made them useless; for a duplicate none. */
  readonly endedBy: readonly number[]
}

const listedAtMost = 50

/** Counts what is shipped for nothing. */
export function wasteOf(inspected: InspectedImage): Waste {
  const files = inspected.layers.flatMap(({ entries }) => entries.filter(hasBytes))
  const seen = seenContents(inspected)
  const unseen = files.filter((file) => !seen.has(file))
  const kindOf = (file: LayerEntry): 'overwritten' | 'deleted' =>
    inspected.rootfs.fates.get(file)?.kind === 'overwritten' ? 'overwritten' : 'deleted'
  const duplicates = duplicatesOf(
    inspected,
    files.filter((file) => seen.has(file)),
  )
  const shippedBytes = sizeOf(files)
  const overwrittenBytes = sizeOf(unseen.filter((file) => kindOf(file) === 'overwritten'))
  const deletedBytes = sizeOf(unseen) - overwrittenBytes
  const seenBytes = shippedBytes - overwrittenBytes - deletedBytes
  const wasted = new Wasted(inspected)
  for (const file of unseen) wasted.add(file, kindOf(file))
  for (const file of duplicates) wasted.add(file, 'duplicate')
  return {
    shippedBytes,
    seenBytes,
    overwrittenBytes,
    deletedBytes,
    duplicateBytes: sizeOf(duplicates),
    efficiency: shippedBytes === 0 ? 1 : Math.floor((seenBytes / shippedBytes) * 10_000) / 10_000,
    worst: wasted.worst(),
  }
}

/** Bytes of each layer that no container sees. */
export function wastedInLayers(inspected: InspectedImage): readonly number[] {
  const seen = seenContents(inspected)
  return inspected.layers.map(({ entries }) =>
    sizeOf(entries.filter((entry) => hasBytes(entry) && !seen.has(entry))),
  )
}

function hasBytes({ type, size, path }: LayerEntry): boolean {
  return type === 'file' && size > 0 && whiteoutOf(path) === undefined
}

function sizeOf(files: readonly LayerEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

const contents = new WeakMap<InspectedImage, ReadonlySet<LayerEntry>>()

/** The files whose content some name in the container leads to: a hardlink keeps what its first name lost. */
function seenContents(inspected: InspectedImage): ReadonlySet<LayerEntry> {
  const known = contents.get(inspected)
  if (known !== undefined) return known
  const { fates, linkTargets } = inspected.rootfs
  const seen = new Set<LayerEntry>()
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      if (fates.has(entry)) continue
      if (entry.type === 'file') seen.add(entry)
      else if (entry.type === 'hardlink') seen.add(linkTargets.get(entry) ?? entry)
    }
  }
  contents.set(inspected, seen)
  return seen
}

/** Every file but the first of those with one content. */
function duplicatesOf(inspected: InspectedImage, files: readonly LayerEntry[]): readonly LayerEntry[] {
  const first = new Set<string>()
  return files.filter((file) => {
    const { sha256 } = digestsOf(inspected, file)
    if (sha256 === undefined) return false
    if (first.has(sha256)) return true
    first.add(sha256)
    return false
  })
}

interface OpenWaste {
  readonly path: string
  readonly kind: WastedFile['kind']
  bytes: number
  readonly layers: Set<number>
  readonly endedBy: Set<number>
}

/** Adds up what each path wastes. */
class Wasted {
  readonly #inspected: InspectedImage
  readonly #files = new Map<string, OpenWaste>()

  constructor(inspected: InspectedImage) {
    this.#inspected = inspected
  }

  add(file: LayerEntry, kind: WastedFile['kind']): void {
    const key = `${kind} ${file.path}`
    const known = this.#files.get(key) ?? {
      path: file.path,
      kind,
      bytes: 0,
      layers: new Set<number>(),
      endedBy: new Set<number>(),
    }
    known.bytes += file.size
    known.layers.add(file.layer)
    const ended = this.#inspected.rootfs.fates.get(file)?.layer
    if (ended !== undefined) known.endedBy.add(ended)
    this.#files.set(key, known)
  }

  worst(): readonly WastedFile[] {
    const most = [...this.#files.values()].toSorted((a, b) => b.bytes - a.bytes).slice(0, listedAtMost)
    return most.map(({ path, kind, bytes, layers, endedBy }) => ({
      path: `/${displayPath(path)}`,
      kind,
      bytes,
      layers: [...layers],
      endedBy: [...endedBy],
    }))
  }
}

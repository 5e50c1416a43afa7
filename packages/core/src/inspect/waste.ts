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

/** Counts what is shipped for nothing. Goes through the entries one by one: there may be millions. */
export function wasteOf(inspected: InspectedImage): Waste {
  const isSeen = seenContents(inspected)
  const wasted = new Wasted(inspected)
  const known = new Set<string>()
  const bytes = { shipped: 0, overwritten: 0, deleted: 0, duplicate: 0 }
  for (const { entries } of inspected.layers) {
    for (const file of entries) {
      if (!hasBytes(file)) continue
      bytes.shipped += file.size
      const kind = isSeen(file) ? duplicateOf(inspected, file, known) : fateOf(inspected, file)
      if (kind === undefined) continue
      bytes[kind] += file.size
      wasted.add(file, kind)
    }
  }
  const seenBytes = bytes.shipped - bytes.overwritten - bytes.deleted
  return {
    shippedBytes: bytes.shipped,
    seenBytes,
    overwrittenBytes: bytes.overwritten,
    deletedBytes: bytes.deleted,
    duplicateBytes: bytes.duplicate,
    efficiency: bytes.shipped === 0 ? 1 : Math.floor((seenBytes / bytes.shipped) * 10_000) / 10_000,
    worst: wasted.worst(),
  }
}

/** Bytes of each layer that no container sees. */
export function wastedInLayers(inspected: InspectedImage): readonly number[] {
  const isSeen = seenContents(inspected)
  return inspected.layers.map(({ entries }) =>
    entries.reduce((sum, file) => (hasBytes(file) && !isSeen(file) ? sum + file.size : sum), 0),
  )
}

function hasBytes({ type, size, path }: LayerEntry): boolean {
  return type === 'file' && size > 0 && whiteoutOf(path) === undefined
}

/** Whether some name in the container leads to a file: a hardlink keeps what its first name lost. */
function seenContents({ rootfs }: InspectedImage): (file: LayerEntry) => boolean {
  const { fates, linkTargets } = rootfs
  const kept = new Set<LayerEntry>()
  for (const [link, target] of linkTargets) {
    if (!fates.has(link) && fates.has(target)) kept.add(target)
  }
  return (file) => !fates.has(file) || kept.has(file)
}

function fateOf({ rootfs }: InspectedImage, file: LayerEntry): 'overwritten' | 'deleted' {
  return rootfs.fates.get(file)?.kind === 'overwritten' ? 'overwritten' : 'deleted'
}

/** Every file but the first of those with one content is a duplicate. */
function duplicateOf(
  inspected: InspectedImage,
  file: LayerEntry,
  known: Set<string>,
): 'duplicate' | undefined {
  const { sha256 } = digestsOf(inspected, file)
  if (sha256 === undefined) return undefined
  if (known.has(sha256)) return 'duplicate'
  known.add(sha256)
  return undefined
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

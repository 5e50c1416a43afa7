import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Place } from '../../image/overlay-tree.ts'
import { whiteoutOf } from '../../image/whiteout.ts'
import { digestsOf, type InspectedImage } from '../inspected-image.ts'
import type { FileReport, FileState } from './file-report.ts'
import { fileHistories, type FileHistory } from './file-history.ts'

/** What the container sees, by path: directories that no entry made explicitly are there too. */
export function filesOfRootfs(inspected: InspectedImage): readonly FileReport[] {
  const describe = describer(inspected)
  return sorted(
    placesOf(inspected).map(({ path, node }) =>
      node.entry === undefined
        ? impliedDirectory(path, node.layer)
        : describe(node.entry, { path, state: 'present' }),
    ),
  )
}

/**
 * Every file of every layer with what became of it, by path and layer; whiteouts are listed as such, and directories
 * that no entry made as what the container sees.
 */
export function filesOfLayers(inspected: InspectedImage): readonly FileReport[] {
  const describe = describer(inspected)
  const paths = new Map<LayerEntry, string>()
  const implied: FileReport[] = []
  for (const { path, node } of placesOf(inspected)) {
    if (node.entry === undefined) implied.push(impliedDirectory(path, node.layer))
    else paths.set(node.entry, path)
  }
  return sorted([
    ...implied,
    ...inspected.layers.flatMap(({ entries }) =>
      entries.map((entry) => {
        const path = paths.get(entry) ?? entry.path
        return describe(entry, { path, state: stateOf(inspected, entry, paths) })
      }),
    ),
  ])
}

/** Every node of the container's file system below its root. */
function placesOf({ rootfs }: InspectedImage): readonly Place[] {
  const found: Place[] = []
  const open: Place[] = [{ path: '', node: rootfs.root }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const [name, node] of place.node.children ?? []) {
      const child = { path: place.path === '' ? name : `${place.path}/${name}`, node }
      found.push(child)
      open.push(child)
    }
  }
  return found
}

function stateOf(
  { rootfs }: InspectedImage,
  entry: LayerEntry,
  placed: ReadonlyMap<LayerEntry, string>,
): FileState {
  if (whiteoutOf(entry.path) !== undefined) return 'whiteout'
  const fate = rootfs.fates.get(entry)
  if (fate !== undefined) return fate.kind
  // The root itself has no name in any directory.
  return placed.has(entry) || entry.path === '' ? 'present' : 'refused'
}

type Describe = (entry: LayerEntry, at: { readonly path: string; readonly state: FileState }) => FileReport

function describer(inspected: InspectedImage): Describe {
  const histories = fileHistories(inspected)
  return (entry, { path, state }) => {
    const history = histories.get(entry) ?? alone(entry)
    const content = inspected.rootfs.linkTargets.get(entry) ?? entry
    const isLink = entry.type === 'symlink' || entry.type === 'hardlink'
    return {
      path: `/${displayPath(path)}`,
      state,
      layer: entry.layer,
      endedBy: inspected.rootfs.fates.get(entry)?.layer ?? null,
      introduced: history.introduced,
      changed: history.changed,
      deleted: history.deleted,
      type: entry.type,
      mode: modeText(entry.mode),
      uid: entry.uid,
      gid: entry.gid,
      size: content.size,
      target: isLink ? displayPath(entry.linkTarget) : null,
      sha256: digestsOf(inspected, entry).sha256 ?? null,
      offset: entry.offset,
    }
  }
}

function alone(entry: LayerEntry): FileHistory {
  return { introduced: entry.layer, changed: [], deleted: null }
}

/** Runtimes make missing parents with these attributes. */
function impliedDirectory(path: string, layer: number): FileReport {
  return {
    path: `/${displayPath(path)}`,
    state: 'present',
    layer,
    endedBy: null,
    introduced: layer,
    changed: [],
    deleted: null,
    type: 'directory',
    mode: modeText(0o755),
    uid: 0,
    gid: 0,
    size: 0,
    target: null,
    sha256: null,
    offset: null,
  }
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function sorted(files: readonly FileReport[]): readonly FileReport[] {
  return files.toSorted(
    (a, b) => compare(a.path, b.path) || a.layer - b.layer || (a.offset ?? -1) - (b.offset ?? -1),
  )
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

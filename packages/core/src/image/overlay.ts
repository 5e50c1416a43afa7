import type { Layer, LayerEntry } from './layer.ts'
import { baseName, cleanPath, parentPath } from './layer-path.ts'
import { LIMITS } from './limits.ts'
import { childOf, directoryNode, subtree, type Node } from './overlay-tree.ts'
import { whiteoutOf } from './whiteout.ts'

/** How an entry of a layer came to be invisible in the container. */
export interface Fate {
  readonly kind: 'overwritten' | 'deleted' | 'shadowed'
  /** The layer that did it. */
  readonly layer: number
}

/** Something in a layer that runtimes disagree about, or refuse. */
interface OverlayRemark {
  readonly kind: OverlayRemarkKind
  readonly entry: LayerEntry
}

export type OverlayRemarkKind =
  /** Two entries of one layer for one path, not both directories. */
  | 'duplicate-path'
  /** A path through a symlink of a lower layer: overlay replaces the link with a directory, others follow it. */
  | 'symlink-parent'
  /** A path through a file of the same layer: runtimes refuse it. */
  | 'file-as-directory'
  /** A hardlink to a file that only a lower layer has: overlay cannot make it. */
  | 'hardlink-to-lower-layer'
  /** A hardlink to nothing, or to a directory: runtimes refuse it. */
  | 'dangling-hardlink'
  /** A whiteout and an entry for one path in one layer: runtimes act in the order of the tar. */
  | 'whiteout-and-entry'
  /** A whiteout that names nothing. */
  | 'invalid-whiteout'
  /** A whiteout that is not an empty regular file. */
  | 'odd-whiteout'
  /** A path through a symlink of the same layer that leads to no directory. */
  | 'link-to-nowhere'

/** The file system that a container sees, and what became of every entry that it does not see. */
export interface Rootfs {
  readonly root: Node
  readonly fates: ReadonlyMap<LayerEntry, Fate>
  /** For every hardlink: the entry that holds its content. */
  readonly linkTargets: ReadonlyMap<LayerEntry, LayerEntry>
  readonly remarks: readonly OverlayRemark[]
}

/** Applies layers, lowest first, as containerd's overlay snapshotter does. */
export function applyLayers(layers: readonly Layer[]): Rootfs {
  const overlay = new Overlay()
  for (const layer of layers) overlay.apply(layer)
  return overlay
}

type Siblings = Map<string, Node>

interface Way {
  readonly name: string
  readonly walked: string
  readonly here: Node | undefined
  readonly entry: LayerEntry
}

class Overlay implements Rootfs {
  readonly root: Node = directoryNode(undefined, -1)
  readonly fates: Map<LayerEntry, Fate> = new Map()
  readonly linkTargets: Map<LayerEntry, LayerEntry> = new Map()
  readonly remarks: OverlayRemark[] = []
  /** The last parent that was looked up: entries of one directory follow each other. */
  #parent: { readonly path: string; readonly children: Siblings } | undefined

  apply(layer: Layer): void {
    const deleted = this.#applyWhiteouts(layer)
    this.#parent = undefined
    for (const entry of layer.entries) {
      if (whiteoutOf(entry.path) !== undefined) continue
      if (deleted.has(entry.path)) this.#remark('whiteout-and-entry', entry)
      this.#add(entry)
    }
  }

  /** Whiteouts act on lower layers only, wherever they stand in the tar: they go first. */
  #applyWhiteouts(layer: Layer): ReadonlySet<string> {
    const deleted = new Set<string>()
    for (const entry of layer.entries) {
      const whiteout = whiteoutOf(entry.path)
      if (whiteout === undefined) continue
      if (entry.type !== 'file' || entry.size > 0) this.#remark('odd-whiteout', entry)
      if (whiteout.kind === 'invalid') this.#remark('invalid-whiteout', entry)
      else if (whiteout.kind === 'delete') {
        deleted.add(whiteout.path)
        this.#delete(whiteout.path, entry)
      } else if (whiteout.kind === 'opaque') this.#hideChildren(whiteout.directory, entry.layer)
    }
    return deleted
  }

  #delete(path: string, whiteout: LayerEntry): void {
    const parent = this.#existing(parentPath(path), whiteout)
    const name = baseName(path)
    const node = parent?.children?.get(name)
    if (node === undefined) return
    this.#doom(node, { kind: 'deleted', layer: whiteout.layer })
    parent?.children?.delete(name)
  }

  #hideChildren(directory: string, layer: number): void {
    const node = this.#existing(directory, undefined)
    if (node?.children === undefined) return
    for (const child of node.children.values()) this.#doom(child, { kind: 'deleted', layer })
    node.children.clear()
  }

  /** The directory at a path of the lower layers, without following links. */
  #existing(path: string, whiteout: LayerEntry | undefined): Node | undefined {
    let node: Node | undefined = this.root
    for (const name of path === '' ? [] : path.split('/')) {
      node = node.children?.get(name)
      if (node === undefined) return undefined
      if (node.entry?.type === 'symlink' && whiteout !== undefined) this.#remark('symlink-parent', whiteout)
    }
    return node
  }

  #doom(node: Node, fate: Fate): void {
    for (const entry of subtree(node)) this.fates.set(entry, fate)
  }

  #add(entry: LayerEntry): void {
    if (entry.path === '') return
    const siblings = this.#parentOf(entry)
    if (siblings === undefined) return
    const name = baseName(entry.path)
    const old = siblings.get(name)
    if (old !== undefined) this.#replace(old, entry)
    if (entry.type === 'hardlink') this.#link(entry)
    const children = entry.type === 'directory' ? (old?.children ?? new Map<string, Node>()) : undefined
    siblings.set(name, { entry, layer: entry.layer, children })
  }

  #replace(old: Node, entry: LayerEntry): void {
    const bothDirectories = old.children !== undefined && entry.type === 'directory'
    if (old.layer === entry.layer && old.entry !== undefined && !bothDirectories) {
      this.#remark('duplicate-path', entry)
    }
    const fate: Fate = { kind: 'overwritten', layer: entry.layer }
    if (!bothDirectories) {
      // What lay below a directory goes with it, although nothing took its own path.
      this.#doom(old, { kind: 'shadowed', layer: entry.layer })
      this.#parent = undefined
    }
    if (old.entry !== undefined) this.fates.set(old.entry, fate)
  }

  #link(entry: LayerEntry): void {
    const target = this.#linked(cleanPath(entry.linkTarget))
    if (target?.entry === undefined || target.children !== undefined) {
      this.#remark('dangling-hardlink', entry)
      return
    }
    this.linkTargets.set(entry, this.linkTargets.get(target.entry) ?? target.entry)
    if (target.layer < entry.layer) this.#remark('hardlink-to-lower-layer', entry)
  }

  /** The node that a hardlink names: links in its parents count, its last name is taken as it is. */
  #linked(path: string): Node | undefined {
    const parent = childOf(this.root, parentPath(path), LIMITS.linkHops)
    return parent?.children?.get(baseName(path))
  }

  #follow(link: Node, from: string): Node | undefined {
    const target = link.entry?.linkTarget ?? ''
    const path = target.startsWith('/') ? cleanPath(target) : cleanPath(`${from}/${target}`)
    return childOf(this.root, path, LIMITS.linkHops)
  }

  /** The children of the directory that an entry goes into, made where it is missing. */
  #parentOf(entry: LayerEntry): Siblings | undefined {
    const path = parentPath(entry.path)
    if (this.#parent?.path === path) return this.#parent.children
    let children = this.root.children
    let walked = ''
    for (const name of path === '' ? [] : path.split('/')) {
      const here = children?.get(name)
      if (here?.children === undefined && children !== undefined) {
        children = this.#enter(children, { name, walked, here, entry })
      } else children = here?.children
      walked = walked === '' ? name : `${walked}/${name}`
    }
    if (children !== undefined) this.#parent = { path, children }
    return children
  }

  /** What stands for a directory on the way to an entry where no directory is. */
  #enter(siblings: Siblings, way: Way): Siblings | undefined {
    const { here, entry } = way
    const isLink = here?.entry?.type === 'symlink'
    if (here?.layer === entry.layer) {
      const followed = isLink ? this.#follow(here, way.walked)?.children : undefined
      if (followed === undefined) this.#remark(isLink ? 'link-to-nowhere' : 'file-as-directory', entry)
      return followed
    }
    if (isLink) this.#remark('symlink-parent', entry)
    if (here !== undefined) this.#doom(here, { kind: 'shadowed', layer: entry.layer })
    const made = directoryNode(undefined, entry.layer)
    siblings.set(way.name, made)
    return made.children
  }

  #remark(kind: OverlayRemarkKind, entry: LayerEntry): void {
    this.remarks.push({ kind, entry })
  }
}

import type { Layer, LayerEntry } from './layer.ts'
import { baseName, cleanPath, climbs, parentPath } from './layer-path.ts'
import { LIMITS } from './limits.ts'
import { directoryNode, subtree, walk, type Node, type Walk } from './overlay-tree.ts'
import { leafOf } from './plain-entry.ts'
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
  /** A path through a symlink of a lower layer, which overlay replaces with a directory and others follow; or a
   * whiteout through any symlink. */
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
  /** A link with `..` after another link: the kernel goes up from where that leads, others cut the text. */
  | 'climbing-link'
  /** An opaque whiteout in the root: overlay cannot honour it, others do. */
  | 'opaque-root'
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
  /** What whiteouts of the current layer deleted: the names, by the children of the directory that had them. */
  #deleted = new Map<Siblings, Set<string>>()
  /** The last parent that was looked up: entries of one directory follow each other. */
  #parent: { readonly path: string; readonly children: Siblings } | undefined

  apply(layer: Layer): void {
    this.#deleted = new Map()
    const deleted = this.#applyWhiteouts(layer)
    this.#parent = undefined
    for (const entry of layer.entries) {
      if (whiteoutOf(entry.path) !== undefined) continue
      if (deleted.has(entry.path)) this.#remark('whiteout-and-entry', entry)
      this.#add(entry)
    }
    this.#checkWays(layer)
  }

  /** Whiteouts through links, of any layer: it is up to the runtime what they delete. */
  #checkWays(layer: Layer): void {
    let last: { readonly path: string; readonly odd: boolean } | undefined
    for (const entry of layer.entries) {
      if (whiteoutOf(entry.path) === undefined) continue
      const path = parentPath(entry.path)
      if (last?.path !== path) {
        last = { path, odd: walk(this.root, path, LIMITS.linkHops).linkLayers.length > 0 }
      }
      if (last.odd) this.#remark('symlink-parent', entry)
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
      } else if (whiteout.kind === 'opaque') {
        if (whiteout.directory === '') this.#remark('opaque-root', entry)
        else this.#hideChildren(whiteout.directory, entry.layer)
      }
    }
    return deleted
  }

  #delete(path: string, whiteout: LayerEntry): void {
    const siblings = this.#existing(parentPath(path), whiteout)?.children
    const name = baseName(path)
    const node = siblings?.get(name)
    if (siblings === undefined || node === undefined) return
    this.#doom(node, { kind: 'deleted', layer: whiteout.layer })
    siblings.delete(name)
    const names = this.#deleted.get(siblings) ?? new Set()
    this.#deleted.set(siblings, names.add(name))
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
      if (node.leadsTo !== undefined && whiteout !== undefined) this.#remark('symlink-parent', whiteout)
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
    this.#checkDeleted(siblings, name, entry)
    const old = siblings.get(name)
    if (old !== undefined) this.#replace(old, entry)
    if (entry.type === 'hardlink') this.#link(entry)
    const children = entry.type === 'directory' ? (old?.children ?? new Map<string, Node>()) : undefined
    const held = this.linkTargets.get(entry) ?? entry
    const leadsTo = held.type === 'symlink' ? held.linkTarget : undefined
    siblings.set(name, leafOf(entry) ?? { entry, layer: entry.layer, children, leadsTo })
  }

  /** What stands again where a whiteout of its own layer deleted, by whatever way it came there. */
  #checkDeleted(siblings: Siblings, name: string, entry: LayerEntry): void {
    const names = this.#deleted.get(siblings)
    if (names?.delete(name) === true) this.#remark('whiteout-and-entry', entry)
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
    const target = this.#linked(entry)
    if (target?.entry === undefined || target.children !== undefined) {
      this.#remark('dangling-hardlink', entry)
      return
    }
    this.linkTargets.set(entry, this.linkTargets.get(target.entry) ?? target.entry)
    if (target.layer < entry.layer) this.#remark('hardlink-to-lower-layer', entry)
  }

  /** The node that a hardlink names: links in its parents count, its last name is taken as it is. */
  #linked(entry: LayerEntry): Node | undefined {
    const target = entry.linkTarget.replace(/^(?:\.{0,2}\/)+/, '')
    // Some runtimes cut `..` out of the text, others walk it: there is no right one.
    if (climbs(target)) this.#remark('climbing-link', entry)
    const path = climbs(target) ? target : cleanPath(target)
    const way = walk(this.root, parentPath(path), LIMITS.linkHops)
    this.#checkWay(way, entry)
    return way.node?.children?.get(baseName(path))
  }

  #checkWay(way: Walk, entry: LayerEntry): void {
    if (way.climbed) this.#remark('climbing-link', entry)
    if (way.linkLayers.some((layer) => layer < entry.layer)) this.#remark('symlink-parent', entry)
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

  #follow({ walked, name, entry }: Way): Node | undefined {
    const way = walk(this.root, `${walked}/${name}`, LIMITS.linkHops)
    this.#checkWay(way, entry)
    return way.node
  }

  /** What stands for a directory on the way to an entry where no directory is. */
  #enter(siblings: Siblings, way: Way): Siblings | undefined {
    const { here, entry } = way
    const isLink = here?.leadsTo !== undefined
    if (here?.layer === entry.layer) {
      const followed = isLink ? this.#follow(way)?.children : undefined
      if (followed === undefined) this.#remark(isLink ? 'link-to-nowhere' : 'file-as-directory', entry)
      return followed
    }
    if (isLink) this.#remark('symlink-parent', entry)
    if (here !== undefined) this.#doom(here, { kind: 'shadowed', layer: entry.layer })
    this.#checkDeleted(siblings, way.name, entry)
    const made = directoryNode(undefined, entry.layer)
    siblings.set(way.name, made)
    return made.children
  }

  #remark(kind: OverlayRemarkKind, entry: LayerEntry): void {
    this.remarks.push({ kind, entry })
  }
}

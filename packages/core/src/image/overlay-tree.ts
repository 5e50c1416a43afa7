import type { LayerEntry } from './layer.ts'
import { cleanPath } from './layer-path.ts'

/** A name in the merged file system. `children` is there for directories only. */
export interface Node {
  /** Undefined for directories that no entry made explicitly. */
  readonly entry: LayerEntry | undefined
  readonly layer: number
  readonly children: Map<string, Node> | undefined
}

export function directoryNode(entry: LayerEntry | undefined, layer: number): Node {
  return { entry, layer, children: new Map() }
}

/** All entries at and below a node. */
export function* subtree(node: Node): Generator<LayerEntry, void, undefined> {
  // A stack of our own: depth is the image's choice.
  const open: Node[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.entry !== undefined) yield next.entry
    for (const child of next.children?.values() ?? []) open.push(child)
  }
}

/** A node, and its path without links. */
export interface Place {
  readonly path: string
  readonly node: Node
}

/**
 * What a clean path leads to, following symlinks inside the root, the last name too. Undefined if there is nothing, or
 * after `hops` links.
 */
export function placeAt(root: Node, path: string, hops: number): Place | undefined {
  let left = hops
  let names = namesOf(path)
  let walked: readonly string[] = []
  let node: Node = root
  while (names.length > 0) {
    const [name = '', ...rest] = names
    const next: Node | undefined = node.children?.get(name)
    if (next === undefined) return undefined
    if (next.entry?.type === 'symlink') {
      if (left-- === 0) return undefined
      const { linkTarget } = next.entry
      const base = linkTarget.startsWith('/') ? '' : walked.join('/')
      names = namesOf(cleanPath([base, linkTarget, ...rest].join('/')))
      walked = []
      node = root
    } else {
      walked = [...walked, name]
      node = next
      names = rest
    }
  }
  return { path: walked.join('/'), node }
}

/** The node that a path leads to, as `placeAt`. */
export function childOf(root: Node, path: string, hops: number): Node | undefined {
  return placeAt(root, path, hops)?.node
}

function namesOf(path: string): readonly string[] {
  return path === '' ? [] : path.split('/')
}

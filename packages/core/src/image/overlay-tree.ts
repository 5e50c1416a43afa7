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

/**
 * The node at a clean path, following symlinks inside the root, the last name too. Undefined if there is none, or
 * after `hops` links.
 */
export function childOf(root: Node, path: string, hops: number): Node | undefined {
  let left = hops
  let names = path === '' ? [] : path.split('/')
  const walked: { readonly name: string; readonly node: Node }[] = []
  let node: Node = root
  while (names.length > 0) {
    const [name = '', ...rest] = names
    const next: Node | undefined = node.children?.get(name)
    if (next === undefined) return undefined
    if (next.entry?.type === 'symlink') {
      if (left-- === 0) return undefined
      const { linkTarget } = next.entry
      const base = linkTarget.startsWith('/') ? '' : walked.map((step) => step.name).join('/')
      names = cleanPath([base, linkTarget, ...rest].join('/'))
        .split('/')
        .filter((part) => part !== '')
      walked.length = 0
      node = root
    } else {
      walked.push({ name, node: next })
      node = next
      names = rest
    }
  }
  return node
}

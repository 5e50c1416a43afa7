import type { LayerEntry } from './layer.ts'
import { takeSteps } from './walk-budget.ts'

/** A name in the merged file system. `children` is there for directories only. */
export interface Node {
  /** Undefined for directories that no entry made explicitly. */
  readonly entry: LayerEntry | undefined
  readonly layer: number
  readonly children: Map<string, Node> | undefined
  /** Where a symlink leads, or a hardlink to one. */
  readonly leadsTo?: string | undefined
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

/** Where a path leads, and by which way. */
export interface Walk {
  /** Undefined where there is nothing, or too many links. */
  readonly node: Node | undefined
  /** Without links; where there is nothing, the path that was looked for last. */
  readonly path: string
  /** The layers of the links on the way. */
  readonly linkLayers: readonly number[]
  /** A `..` came after a link: the kernel goes up from where the link leads, some runtimes cut the text instead. */
  readonly climbed: boolean
}

/**
 * Walks a path as the kernel does, following symlinks inside the root, the last name too: `..` goes up from where the
 * way has led. Ends after `hops` links.
 */
export function walk(root: Node, path: string, hops: number): Walk {
  const walker = new Walker(root, path, hops)
  while (walker.step());
  return walker
}

class Walker implements Walk {
  node: Node | undefined
  path = ''
  climbed = false
  readonly linkLayers: number[] = []
  readonly #root: Node
  readonly #hops: number
  /** Still to walk, the next one last. */
  readonly #names: string[]
  readonly #way: { readonly name: string; readonly node: Node }[] = []
  /** The first names of a link's target: its own `..` are from the directory that it is in. */
  #leading = false

  constructor(root: Node, path: string, hops: number) {
    this.#root = root
    this.#hops = hops
    this.#names = path.split('/').toReversed()
  }

  /** Walks one name; false at the end. */
  step(): boolean {
    const name = this.#names.pop()
    const here = this.#way.at(-1)?.node ?? this.#root
    if (name === undefined) return this.#end(here)
    if (name === '' || name === '.') return true
    if (name === '..') return this.#up(here)
    this.#leading = false
    const next = here.children?.get(name)
    if (next === undefined) return this.#end(undefined, [name, ...this.#names.toReversed()])
    if (next.leadsTo !== undefined) return this.#follow(next.leadsTo, next.layer)
    this.#way.push({ name, node: next })
    return true
  }

  #up(here: Node): boolean {
    if (this.linkLayers.length > (this.#leading ? 1 : 0)) this.climbed = true
    if (here.children === undefined) return this.#end(undefined)
    this.#way.pop()
    return true
  }

  #follow(target: string, layer: number): boolean {
    if (this.linkLayers.length === this.#hops) return this.#end(undefined)
    this.linkLayers.push(layer)
    this.#leading = true
    if (target.startsWith('/')) this.#way.length = 0
    const names = target.split('/')
    if (!takeSteps(this.#root, names.length)) return this.#end(undefined)
    // Not by spreading: a target may have thousands of names.
    for (const name of names.toReversed()) this.#names.push(name)
    return true
  }

  #end(node: Node | undefined, rest: readonly string[] = []): false {
    this.node = node
    this.path = [...this.#way.map(({ name }) => name), ...rest].filter((name) => name !== '').join('/')
    return false
  }
}

/** A node, and its path without links. */
export interface Place {
  readonly path: string
  readonly node: Node
}

/** What a path leads to, as `walk`; undefined if there is nothing. */
export function placeAt(root: Node, path: string, hops: number): Place | undefined {
  const way = walk(root, path, hops)
  return way.node === undefined ? undefined : { path: way.path, node: way.node }
}

/** The node that a path leads to, as `walk`. */
export function childOf(root: Node, path: string, hops: number): Node | undefined {
  return walk(root, path, hops).node
}

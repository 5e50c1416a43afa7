import type { ContentFacts } from './content-facts.ts'
import type { EntryType } from './entry-type.ts'
import type { LayerEntry } from './layer.ts'
import type { Node } from './overlay-tree.ts'
import type { Ambiguity } from './tar-ambiguity.ts'
import type { TarEntry } from './tar-entry.ts'

/** An entry whose facts are not known before its content ended. */
export interface OpenEntry extends Omit<LayerEntry, 'facts'> {
  facts: ContentFacts | undefined
}

/** One value for each entry of a layer; there may be millions, and nearly all are plain. */
export function openEntry(entry: TarEntry, path: string, layer: number): OpenEntry {
  const plain =
    entry.path === path &&
    entry.linkTarget === '' &&
    entry.deviceMajor === 0 &&
    entry.deviceMinor === 0 &&
    entry.xattrs === undefined &&
    entry.ambiguities.length === 0
  if (plain) return new PlainEntry(entry, layer)
  return { ...entry, storedPath: entry.path, path, layer, facts: undefined }
}

/** The same entry in another layer. */
export function entryInLayer(entry: LayerEntry, layer: number): LayerEntry {
  if (!(entry instanceof PlainEntry)) return { ...entry, layer }
  const copy = new PlainEntry(entry, layer)
  copy.facts = entry.facts
  return copy
}

/** Whether an entry says nothing beyond what every entry says. */
export function isPlain(entry: LayerEntry): boolean {
  return entry instanceof PlainEntry
}

/** The node of a plain file in the merged file system: the entry itself, as nothing more is known of it there. */
export function leafOf(entry: LayerEntry): Node | undefined {
  return entry instanceof PlainEntry && entry.type === 'file' ? entry : undefined
}

/** What is the same for plain entries stands once, in the prototype: half of what each would take otherwise. */
class PlainEntry implements OpenEntry, Node {
  readonly path: string
  readonly layer: number
  readonly type: EntryType
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly offset: number
  facts: ContentFacts | undefined = undefined

  constructor(entry: Omit<TarEntry, 'linkTarget'>, layer: number) {
    this.path = entry.path
    this.layer = layer
    this.type = entry.type
    this.size = entry.size
    this.mode = entry.mode
    this.uid = entry.uid
    this.gid = entry.gid
    this.offset = entry.offset
  }

  get entry(): this {
    return this
  }
  get children(): undefined {
    return undefined
  }
  get leadsTo(): undefined {
    return undefined
  }
  get storedPath(): string {
    return this.path
  }
  get linkTarget(): string {
    return ''
  }
  get deviceMajor(): number {
    return 0
  }
  get deviceMinor(): number {
    return 0
  }
  get xattrs(): undefined {
    return undefined
  }
  get ambiguities(): readonly Ambiguity[] {
    return none
  }
}

const none: readonly Ambiguity[] = []

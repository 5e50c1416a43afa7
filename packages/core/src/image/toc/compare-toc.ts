import type { EntryType } from '../entry-type.ts'
import type { Layer, LayerEntry } from '../layer.ts'
import { cleanPath, displayPath } from '../layer-path.ts'
import { keptXattrName } from '../tar-entry.ts'
import { stargzIndex } from './announced-toc.ts'
import type { TocEntry } from './toc-document.ts'

/** A file whose content is to be compared, with the entry of the table that describes it and its further chunks. */
export interface DescribedFile {
  readonly entry: LayerEntry
  readonly chunks: readonly TocEntry[]
}

export interface Comparison {
  readonly differences: readonly string[]
  readonly files: readonly DescribedFile[]
}

/** Compares a table of contents with the tar entry by entry; contents are left to be compared by their digests. */
export function compareToc(layer: Layer, toc: readonly TocEntry[]): Comparison {
  const differences: string[] = []
  const files: DescribedFile[] = []
  const described = describedIn(toc)
  for (const entry of visibleEntries(layer)) {
    const chunks = described.get(entry.path)
    const [first] = chunks ?? []
    described.delete(entry.path)
    if (chunks === undefined || first === undefined) differences.push(`it leaves out ${shown(entry.path)}`)
    else {
      const fields = fieldsThatDiffer(entry, first)
      if (fields.length > 0)
        differences.push(`it says otherwise of ${shown(entry.path)}: ${fields.join(', ')}`)
      else if (entry.type === 'file' && entry.size > 0) files.push({ entry, chunks })
    }
  }
  for (const path of described.keys()) differences.push(`it has ${shown(path)}, which the tar does not have`)
  return { differences, files }
}

function shown(path: string): string {
  return `/${displayPath(path)}`
}

/** By path, the last of each, as unpacking leaves them. The table of eStargz does not list itself. */
function visibleEntries({ entries }: Layer): Iterable<LayerEntry> {
  const last = new Map(entries.map((entry) => [entry.path, entry]))
  last.delete(stargzIndex)
  last.delete('')
  return last.values()
}

function describedIn(toc: readonly TocEntry[]): Map<string, TocEntry[]> {
  const found = new Map<string, TocEntry[]>()
  for (const entry of toc) {
    const path = cleanPath(entry.name)
    if (entry.type === 'chunk') found.get(path)?.push(entry)
    else if (path !== '') found.set(path, [entry])
  }
  return found
}

const types: Readonly<Record<string, EntryType>> = {
  reg: 'file',
  dir: 'directory',
  symlink: 'symlink',
  hardlink: 'hardlink',
  char: 'character-device',
  block: 'block-device',
  fifo: 'fifo',
}

function fieldsThatDiffer(entry: LayerEntry, toc: TocEntry): readonly string[] {
  const isDevice = entry.type === 'character-device' || entry.type === 'block-device'
  const checks: readonly (readonly [string, boolean])[] = [
    ['type', types[toc.type] === entry.type],
    ['size', entry.type !== 'file' || toc.size === entry.size],
    ['mode', (toc.mode & 0o7777) === entry.mode],
    ['owner', toc.uid === entry.uid && toc.gid === entry.gid],
    ['target', linkOf(entry.type, toc.linkName) === linkOf(entry.type, entry.linkTarget)],
    ['device', !isDevice || (toc.devMajor === entry.deviceMajor && toc.devMinor === entry.deviceMinor)],
    ['attributes', sameXattrs(entry, toc)],
  ]
  return checks.filter(([, same]) => !same).map(([field]) => field)
}

function linkOf(type: EntryType, target: string): string {
  if (type === 'hardlink') return cleanPath(target)
  return type === 'symlink' ? target : ''
}

/** Of the attributes that are kept: capabilities, and those of overlay. */
function sameXattrs({ xattrs }: LayerEntry, toc: TocEntry): boolean {
  const described = [...toc.xattrs].filter(([name]) => keptXattrName.test(name))
  return (
    described.length === (xattrs?.size ?? 0) &&
    described.every(([name, value]) => xattrs?.get(name) === value)
  )
}

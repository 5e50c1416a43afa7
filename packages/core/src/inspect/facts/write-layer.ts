import type { ContentFacts } from '../../image/content-facts.ts'
import type { BudgetUse } from '../../image/image-budget.ts'
import type { Layer, LayerEntry } from '../../image/layer.ts'
import { isPlain } from '../../image/plain-entry.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import { list } from './codec.ts'
import { writeFrame } from './frames.ts'
import { isReadWhole } from './read-whole.ts'
import { contentFacts, entryBlock, entryTypes, layerHead, type EntryBlock } from './layer-codec.ts'

/** Entries in one frame. */
const blockLength = 4096

/**
 * A layer as bytes; undefined for one that was not read to its end, or of whose content not all was looked at: the
 * reason may lie outside of it.
 */
export function writeLayer(layer: Layer, use: BudgetUse): Buffer | undefined {
  const { compression, actualDiffId, uncompressedSize, remarks, entries } = layer
  if (!isReadWhole(layer) || compression === undefined || actualDiffId === undefined) return undefined
  const numbers = new Map<ContentFacts, number>()
  const blocks: Buffer[] = []
  for (let at = 0; at < entries.length; at += blockLength) {
    const block = blockOf(entries.slice(at, at + blockLength), numbers)
    blocks.push(writeFrame(entryBlock.write(block)))
  }
  const facts = [...numbers.keys()]
  const head = {
    compression,
    actualDiffId,
    uncompressedSize,
    remarks,
    use,
    captured: {
      metadata: sum(facts, ({ metadata }) => metadata?.length),
      components: sum(facts, ({ components }) => components?.length),
    },
    blocks: blocks.length,
  }
  const frames = batchesOf(facts).map((batch) => writeFrame(list(contentFacts).write(batch)))
  return Buffer.concat([writeFrame(layerHead.write({ ...head, facts: frames.length })), ...frames, ...blocks])
}

function sum(facts: readonly ContentFacts[], amount: (facts: ContentFacts) => number | undefined): number {
  return facts.reduce((total, each) => total + (amount(each) ?? 0), 0)
}

/** As many as make a frame: few where they hold metadata. */
function batchesOf(facts: readonly ContentFacts[]): readonly (readonly ContentFacts[])[] {
  const batches: ContentFacts[][] = []
  let room = 0
  for (const each of facts) {
    if (room <= 0) {
      batches.push([])
      room = batchBytes
    }
    batches.at(-1)?.push(each)
    room -= 256 + (each.metadata?.length ?? 0)
  }
  return batches
}

const batchBytes = 1_048_576

function blockOf(entries: readonly LayerEntry[], numbers: Map<ContentFacts, number>): EntryBlock {
  const column = (field: (entry: LayerEntry) => number): Float64Array => Float64Array.from(entries, field)
  return {
    path: entries.map((entry) => (isPlain(entry) ? entry.path : '')),
    type: column((entry) => (isPlain(entry) ? entryTypes.indexOf(entry.type) : 0)),
    size: column(({ size }) => size),
    mode: column(({ mode }) => mode),
    uid: column(({ uid }) => uid),
    gid: column(({ gid }) => gid),
    offset: column(({ offset }) => offset),
    facts: column(({ facts }) => (facts === undefined ? 0 : numberOf(facts, numbers))),
    odd: entries.filter((entry) => !isPlain(entry)).map(stored),
  }
}

/** Facts that several entries share are written once. */
function numberOf(facts: ContentFacts, numbers: Map<ContentFacts, number>): number {
  const known = numbers.get(facts)
  if (known !== undefined) return known
  numbers.set(facts, numbers.size + 1)
  return numbers.size
}

function stored(entry: LayerEntry): TarEntry {
  return {
    path: entry.storedPath,
    linkTarget: entry.linkTarget,
    type: entry.type,
    size: entry.size,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    deviceMajor: entry.deviceMajor,
    deviceMinor: entry.deviceMinor,
    xattrs: entry.xattrs,
    offset: entry.offset,
    ambiguities: entry.ambiguities,
  }
}

import type { JsonValue } from '@assay/registry'
import type { ContentFacts } from '../../image/content-facts.ts'
import type { BudgetUse } from '../../image/image-budget.ts'
import type { Layer } from '../../image/layer.ts'
import { cleanPath } from '../../image/layer-path.ts'
import { openEntry, type OpenEntry } from '../../image/plain-entry.ts'
import type { LayerToRead } from '../../image/read-layer.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import type { CaptureBudget } from '../content/capture/file-capture.ts'
import { list } from './codec.ts'
import { malformedFacts } from './facts-error.ts'
import { readFrames } from './frames.ts'
import {
  contentFacts,
  entryBlock,
  entryTypes,
  layerHead,
  type EntryBlock,
  type LayerHead,
} from './layer-codec.ts'

/** A layer as it was when it was read, and what that took. */
export interface RememberedLayer {
  readonly layer: Layer
  readonly use: BudgetUse
  /** What its files took of what one image may keep. */
  readonly captured: CaptureBudget
}

/**
 * Reads what `writeLayer` wrote.
 * @throws FactsError MALFORMED_FACTS
 */
export function readLayerFacts(bytes: Buffer, layer: LayerToRead): RememberedLayer {
  const frames = readFrames(bytes)
  const next = (): JsonValue => {
    const frame = frames.next()
    return frame.done === true ? malformed('fewer frames than its head says') : frame.value
  }
  const { use, captured, facts: batches, blocks, ...head } = layerHead.read(next())
  const facts = factsOf(batches, next)
  const entries: OpenEntry[] = []
  for (let block = 0; block < blocks; block++) {
    for (const entry of entriesOf(entryBlock.read(next()), { layer: layer.index, facts })) entries.push(entry)
  }
  if (frames.next().done !== true) return malformed('more frames than its head says')
  return { layer: { ...layer, ...head, entries, failure: undefined }, use, captured }
}

function factsOf(batches: LayerHead['facts'], next: () => JsonValue): readonly ContentFacts[] {
  const facts: ContentFacts[] = []
  for (let batch = 0; batch < batches; batch++) {
    for (const each of list(contentFacts).read(next())) facts.push(each)
  }
  return facts
}

interface Within {
  readonly layer: number
  readonly facts: readonly ContentFacts[]
}

function* entriesOf(block: EntryBlock, { layer, facts }: Within): Generator<OpenEntry, void, undefined> {
  let odd = 0
  for (const at of block.path.keys()) {
    const entry = plainAt(block, at) ?? block.odd[odd++] ?? malformed('too few entries')
    const open = openEntry(entry, cleanPath(entry.path), layer)
    const number = whole(block.facts[at])
    if (number !== 0) open.facts = facts[number - 1] ?? malformed('a number of no facts')
    yield open
  }
}

/** Undefined where the entry is not plain. */
function plainAt(block: EntryBlock, at: number): TarEntry | undefined {
  const number = whole(block.type[at])
  if (number === 0) return undefined
  return {
    path: block.path[at] ?? '',
    linkTarget: '',
    type: entryTypes[number] ?? malformed('a number of no type'),
    size: whole(block.size[at]),
    mode: whole(block.mode[at]),
    uid: whole(block.uid[at]),
    gid: whole(block.gid[at]),
    offset: whole(block.offset[at]),
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: undefined,
    ambiguities: none,
  }
}

/** As a number that takes no place of its own on the heap, where it is small enough: there may be millions. */
function whole(value: number | undefined): number {
  if (value === undefined || !Number.isSafeInteger(value))
    return malformed('too few numbers, or others than whole')
  // What this makes is an integer to the engine, too.
  const small = value | 0
  return small === value ? small : value
}

const none: TarEntry['ambiguities'] = []

function malformed(got: string): never {
  throw malformedFacts({ got })
}

import { createHash } from 'node:crypto'
import type { Call, ContentSource } from '@assay/registry'
import type { ByteRange, ContentFacts, ContentObserver } from '../image/content-facts.ts'
import type { Layer, LayerEntry } from '../image/layer.ts'
import { LIMITS } from '../image/limits.ts'
import { readLayer } from '../image/read-layer.ts'
import { rustCrates } from './content/capture/rust-crates.ts'
import type { ToldComponents } from './content/capture/told-components.ts'
import type { LayerMemory, Told, ToldByOffset } from './facts/layer-memory.ts'
import {
  contentOf,
  digestsOf,
  isPresent,
  type ContentDigests,
  type InspectedImage,
} from './inspected-image.ts'
import type { DigestAlgorithm } from './packages/databases/database.ts'
import { claimsOn, neededAlgorithms } from './packages/owners.ts'

/**
 * Takes what was not known to be needed when a layer passed: digests of files that a package lists, by its algorithm,
 * and of programs whose content is a finding; the lists of crates in Rust programs, which stand before their own
 * address. Only layers that hold such a file are read again.
 * @throws RegistryError as reading a layer
 */
export async function withSecondReading(
  source: ContentSource,
  inspected: InspectedImage,
  { memory, call }: { readonly memory: LayerMemory; readonly call?: Call | undefined },
): Promise<InspectedImage> {
  const taken: Taken = { digests: new Map(), crates: new Map() }
  for (const [index, wanted] of wantedOf(inspected)) {
    const layer = inspected.layers[index]
    if (layer === undefined) continue
    // One after the other: each has the memory of one.
    // oxlint-disable-next-line no-await-in-loop -- see above
    const found = await readOrRemembered(source, { layer, wanted, memory, call })
    for (const [offset, { entry, algorithms, crates }] of wanted) {
      const told = found.get(offset)
      // Only what is wanted: more may be remembered, and would show.
      const digests = algorithms.map((algorithm) => [algorithm, told?.digests[algorithm]] as const)
      const known = digests.filter(([, digest]) => digest !== undefined)
      if (known.length > 0) taken.digests.set(entry, Object.fromEntries(known))
      if (crates !== undefined && told?.crates !== undefined) taken.crates.set(entry, told.crates)
    }
  }
  return { ...inspected, ...taken }
}

interface Taken {
  readonly digests: Map<LayerEntry, ContentDigests>
  readonly crates: Map<LayerEntry, ToldComponents>
}

interface Wanted {
  readonly entry: LayerEntry
  readonly algorithms: readonly DigestAlgorithm[]
  readonly crates: ByteRange | undefined
}

/** By layer, then by offset, which is the same in every reading: the bytes are verified. */
function wantedOf(inspected: InspectedImage): ReadonlyMap<number, ReadonlyMap<number, Wanted>> {
  const wanted = new Map<number, Map<number, Wanted>>()
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      const one = wantedFrom(inspected, entry)
      if (one === undefined) continue
      const layer = wanted.get(one.entry.layer) ?? new Map<number, Wanted>()
      wanted.set(one.entry.layer, layer)
      const algorithms = [...new Set([...(layer.get(one.entry.offset)?.algorithms ?? []), ...one.algorithms])]
      layer.set(one.entry.offset, { ...one, algorithms })
    }
  }
  return wanted
}

function wantedFrom(inspected: InspectedImage, name: LayerEntry): Wanted | undefined {
  const entry = contentOf(inspected, name)
  if (entry.type !== 'file' || entry.facts === undefined) return undefined
  const known = digestsOf(inspected, entry)
  const algorithms = algorithmsFor(inspected, name, entry.facts).filter(
    (algorithm) => known[algorithm] === undefined,
  )
  const { auditable: crates } = entry.facts.elf ?? {}
  return algorithms.length === 0 && crates === undefined ? undefined : { entry, algorithms, crates }
}

function algorithmsFor(
  inspected: InspectedImage,
  name: LayerEntry,
  { form, matches }: ContentFacts,
): readonly DigestAlgorithm[] {
  const isProgram = form === 'elf' || form === 'script'
  const ofFinding: readonly DigestAlgorithm[] = isProgram && matches.length > 0 ? ['sha256'] : []
  if (!isPresent(inspected, name) || claimsOn(inspected, name.path).length === 0) return ofFinding
  // Findings name files by SHA-256.
  return [...neededAlgorithms(inspected, name), ...(isProgram ? (['sha256'] as const) : ofFinding)]
}

interface Rereading {
  readonly layer: Layer
  readonly wanted: ReadonlyMap<number, Wanted>
  readonly memory: LayerMemory
  readonly call: Call | undefined
}

async function readOrRemembered(source: ContentSource, rereading: Rereading): Promise<ToldByOffset> {
  const { layer, wanted, memory } = rereading
  const known = await memory.rereadOf(layer)
  const missing = new Map([...wanted].filter(([offset, one]) => !tells(known.get(offset), one)))
  if (missing.size === 0) return known
  const found = await readAgain(source, { ...rereading, wanted: missing })
  const all = new Map(known)
  for (const [offset, told] of found) {
    const before = known.get(offset)
    all.set(offset, { ...before, ...told, digests: { ...before?.digests, ...told.digests } })
  }
  await memory.keepReread(layer, all)
  return all
}

function tells(told: Told | undefined, { algorithms, crates }: Wanted): boolean {
  if (told === undefined || (crates !== undefined && told.crates === undefined)) return false
  return algorithms.every((algorithm) => told.digests[algorithm] !== undefined)
}

async function readAgain(source: ContentSource, { layer, wanted, call }: Rereading): Promise<ToldByOffset> {
  const found = new Map<number, Told>()
  await readLayer(source, layer, {
    observe: ({ offset }) => {
      const one = wanted.get(offset)
      return one === undefined ? undefined : observer(one, (told) => found.set(offset, told))
    },
    ...(call === undefined ? {} : { call }),
  })
  return found
}

const noFacts: ContentFacts = { form: 'other', matches: [] }

function observer({ algorithms, crates }: Wanted, take: (told: Told) => void): ContentObserver {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }))
  const section = crates === undefined ? undefined : new RangeSink(crates)
  return {
    write(chunk) {
      for (const { hash } of hashes) hash.update(chunk)
      section?.write(chunk)
    },
    end() {
      const digests = hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')] as const)
      take({
        digests: Object.fromEntries(digests),
        ...(section === undefined ? {} : { crates: rustCrates(section.content()) }),
      })
    },
    facts: () => noFacts,
  }
}

/** Keeps one stretch of what passes, of bounded length. */
class RangeSink {
  readonly #start: number
  readonly #end: number
  readonly #parts: Buffer[] = []
  #position = 0

  constructor({ offset, size }: ByteRange) {
    this.#start = offset
    this.#end = offset + Math.min(size, LIMITS.auditableBytes)
  }

  write(chunk: Buffer): void {
    const [from, to] = [this.#start - this.#position, this.#end - this.#position]
    if (from < chunk.length && to > 0) this.#parts.push(Buffer.from(chunk.subarray(Math.max(0, from), to)))
    this.#position += chunk.length
  }

  content(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

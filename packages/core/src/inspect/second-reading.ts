import { createHash } from 'node:crypto'
import type { Call, ContentSource } from '@assay/registry'
import type { ByteRange, ContentFacts, ContentObserver } from '../image/content-facts.ts'
import type { Layer, LayerEntry } from '../image/layer.ts'
import { LIMITS } from '../image/limits.ts'
import { readLayer } from '../image/read-layer.ts'
import { rustCrates } from './content/capture/rust-crates.ts'
import type { ToldComponents } from './content/capture/told-components.ts'
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
  call: Call | undefined,
): Promise<InspectedImage> {
  const taken: Taken = { digests: new Map(), crates: new Map() }
  for (const [index, wanted] of wantedOf(inspected)) {
    const layer = inspected.layers[index]
    // One after the other: each has the memory of one.
    // oxlint-disable-next-line no-await-in-loop -- see above
    if (layer !== undefined) await readAgain(source, { layer, wanted, taken, call })
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
  readonly taken: Taken
  readonly call: Call | undefined
}

async function readAgain(source: ContentSource, { layer, wanted, taken, call }: Rereading): Promise<void> {
  await readLayer(source, layer, {
    observe: ({ offset }) => {
      const one = wanted.get(offset)
      return one === undefined ? undefined : observer(one, taken)
    },
    ...(call === undefined ? {} : { call }),
  })
}

const noFacts: ContentFacts = { form: 'other', matches: [] }

function observer({ entry, algorithms, crates }: Wanted, taken: Taken): ContentObserver {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }))
  const section = crates === undefined ? undefined : new RangeSink(crates)
  return {
    write(chunk) {
      for (const { hash } of hashes) hash.update(chunk)
      section?.write(chunk)
    },
    end() {
      const digests = hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')] as const)
      if (digests.length > 0) taken.digests.set(entry, Object.fromEntries(digests))
      if (section !== undefined) taken.crates.set(entry, rustCrates(section.content()))
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

import { createHash } from 'node:crypto'
import type { Call, ContentSource } from '@assay/registry'
import type { ContentFacts, ContentObserver } from '../image/content-facts.ts'
import type { Layer, LayerEntry } from '../image/layer.ts'
import { readLayer } from '../image/read-layer.ts'
import { isPresent, type ContentDigests, type InspectedImage } from './inspected-image.ts'
import { ownersOf } from './packages/owners.ts'

/**
 * Hashes the programs whose digests are needed and were not taken when their layer passed: those that a package lists,
 * to compare them, and those whose content is a finding. Only layers that hold one are read again.
 * @throws RegistryError as reading a layer
 */
export async function withDigests(
  source: ContentSource,
  inspected: InspectedImage,
  call: Call | undefined,
): Promise<InspectedImage> {
  const digests = new Map<LayerEntry, ContentDigests>()
  for (const layer of inspected.layers) {
    const wanted = new Map(
      layer.entries.filter((entry) => isWanted(inspected, entry)).map((entry) => [entry.offset, entry]),
    )
    if (wanted.size > 0) await readDigests(source, { layer, wanted, digests, call })
  }
  return digests.size === 0 ? inspected : { ...inspected, digests }
}

function isWanted(inspected: InspectedImage, entry: LayerEntry): boolean {
  const { facts } = entry
  if (facts === undefined || facts.sha256 !== undefined) return false
  if (facts.form !== 'elf' && facts.form !== 'script') return false
  if (facts.matches.length > 0) return true
  return isPresent(inspected, entry) && ownersOf(inspected).ownerOf(entry.path) !== undefined
}

async function readDigests(source: ContentSource, { layer, wanted, digests, call }: Wanted): Promise<void> {
  await readLayer(source, layer, {
    observe: ({ offset }) => {
      const entry = wanted.get(offset)
      return entry === undefined ? undefined : digestObserver((found) => digests.set(entry, found))
    },
    ...(call === undefined ? {} : { call }),
  })
}

interface Wanted {
  readonly layer: Layer
  /** By offset in the layer, which is the same in every reading: the bytes are verified. */
  readonly wanted: ReadonlyMap<number, LayerEntry>
  readonly digests: Map<LayerEntry, ContentDigests>
  readonly call: Call | undefined
}

const noFacts: ContentFacts = { form: 'other', matches: [] }

function digestObserver(take: (digests: ContentDigests) => void): ContentObserver {
  const sha256 = createHash('sha256')
  const md5 = createHash('md5')
  return {
    write(chunk) {
      sha256.update(chunk)
      md5.update(chunk)
    },
    end: () => take({ sha256: sha256.digest('hex'), md5: md5.digest('hex') }),
    facts: () => noFacts,
  }
}

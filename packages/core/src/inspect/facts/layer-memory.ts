import type { Digest } from '@assay/registry'
import { metered, type ImageBudget } from '../../image/image-budget.ts'
import type { Layer } from '../../image/layer.ts'
import type { LayerToRead } from '../../image/read-layer.ts'
import type { CaptureBudget } from '../content/capture/file-capture.ts'
import type { DigestAlgorithm } from '../packages/databases/database.ts'
import type { ToldComponents } from '../content/capture/told-components.ts'
import { count, list, maybe, record, text, type Codec } from './codec.ts'
import { factsNames } from './facts-name.ts'
import type { FactsStore } from './facts-store.ts'
import { readFrames, writeFrame } from './frames.ts'
import { component } from './layer-codec.ts'
import { recalled } from './recalled.ts'
import { readLayerFacts } from './read-layer-facts.ts'
import { writeLayer } from './write-layer.ts'

/** What was looked at in contents; facts of one kind do not stand for another. */
type FactsKind = 'none' | { readonly everyFile: boolean; readonly inventory: boolean }

/** Layers as they were read before, for one image. What is remembered is what reading again would find. */
export interface LayerMemory {
  /** Reads a layer, or remembers it. Only a layer that fits into the budget is remembered. */
  readonly through: (layer: LayerToRead, budget: ImageBudget, read: ReadWithin) => Promise<Layer>
  /** What further readings told. */
  readonly rereadOf: (layer: Layer) => Promise<ToldByOffset>
  readonly keepReread: (layer: Layer, told: ToldByOffset) => Promise<void>
}

type ReadWithin = (layer: LayerToRead, budget: ImageBudget) => Promise<Layer>

/** What a further reading told of one file. */
export interface Told {
  readonly digests: Digests
  readonly crates?: ToldComponents
}

/** By the offset of the file's header, which is the same in every reading: the bytes are verified. */
export type ToldByOffset = ReadonlyMap<number, Told>

type Digests = { readonly [Algorithm in DigestAlgorithm]?: string }

/** Remembers nothing. */
export const forgetful: LayerMemory = {
  through: async (layer, budget, read) => await read(layer, budget),
  rereadOf: async () => await Promise.resolve(new Map()),
  keepReread: async () => await Promise.resolve(),
}

interface MemoryOptions {
  readonly kind: FactsKind
  /** What is left of what one image may keep; shared with what reads layers. */
  readonly budget: CaptureBudget
}

/** Remembers layers by digest, size and media type, for this code and these rules. */
export function layerMemory(store: FactsStore | undefined, options: MemoryOptions): LayerMemory {
  if (store === undefined) return forgetful
  const { kind, budget: capture } = options
  const names = factsNames()
  const nameOf = async (what: string, { descriptor }: Described): Promise<string> => {
    const { digest, size, mediaType } = descriptor
    return await names(what, [kind, digest, size, mediaType])
  }
  return {
    async through(layer, budget, read) {
      const name = await nameOf('layer', layer)
      const known = await recalled(store, name, (bytes) => readLayerFacts(bytes, layer))
      if (known !== undefined && fits(known.captured, capture) && budget.takeAll(known.use)) {
        capture.metadata -= known.captured.metadata
        capture.components -= known.captured.components
        return known.layer
      }
      const meter = metered(budget)
      const done = await read(layer, meter.budget)
      // Where nothing is left, what a file told may have been left out on account of other layers.
      const isOwn = capture.metadata > 0 && capture.components >= 0
      const bytes = known === undefined && isOwn ? writeLayer(done, meter.use) : undefined
      if (bytes !== undefined) await store.put(name, bytes)
      return done
    },
    async rereadOf(layer) {
      return (await recalled(store, await nameOf('reread', layer), readTold)) ?? new Map()
    },
    async keepReread(layer, told) {
      await store.put(await nameOf('reread', layer), writeTold(told))
    },
  }
}

function fits(taken: CaptureBudget, left: CaptureBudget): boolean {
  return taken.metadata < left.metadata && taken.components <= left.components
}

interface Described {
  readonly descriptor: { readonly digest: Digest; readonly size: number; readonly mediaType: string }
}

interface ToldAt extends Told {
  readonly offset: number
}

const toldAt: Codec<readonly ToldAt[]> = list(
  record<ToldAt>({
    offset: count,
    digests: record<Digests>({
      md5: maybe(text),
      sha1: maybe(text),
      sha256: maybe(text),
      sha384: maybe(text),
      sha512: maybe(text),
    }),
    crates: maybe(record<ToldComponents>({ components: list(component), problem: maybe(text) })),
  }),
)

function writeTold(told: ToldByOffset): Buffer {
  return writeFrame(toldAt.write([...told].map(([offset, each]) => ({ offset, ...each }))))
}

function readTold(bytes: Buffer): ToldByOffset {
  const all = [...readFrames(bytes)].flatMap((frame) => toldAt.read(frame))
  return new Map(all.map(({ offset, ...told }) => [offset, told]))
}

import type { Call, ContentSource, Descriptor } from '@assay/registry'
import { imageBudget, type ImageBudget } from '../image/image-budget.ts'
import { layerCommands } from '../image/image-config.ts'
import type { Layer } from '../image/layer.ts'
import { LayerError } from '../image/layer-error.ts'
import type { ImageManifest } from '../image/load-images.ts'
import { applyLayers } from '../image/overlay.ts'
import { entryInLayer } from '../image/plain-entry.ts'
import { readLayer, type LayerToRead, type Observe } from '../image/read-layer.ts'
import { announcedTocs } from '../image/toc/announced-toc.ts'
import { layerTocs } from '../image/toc/layer-tocs.ts'
import type { Exception } from './demand/exception.ts'
import { forgetful, type LayerMemory } from './facts/layer-memory.ts'
import type { InspectedImage } from './inspected-image.ts'

export interface ReadImageOptions {
  /** Makes what looks at the contents of a layer. */
  readonly observe: (layer: Descriptor) => Observe
  readonly declared?: readonly string[]
  readonly exceptions?: readonly Exception[]
  readonly memory?: LayerMemory
  readonly call?: Call
}

/**
 * Reads the layers of one image and applies them to each other.
 * @throws RegistryError CONTENT_MISMATCH, NOT_FOUND and the codes of reaching the place
 */
export async function readImage(
  source: ContentSource,
  image: ImageManifest,
  { observe, declared, exceptions = [], memory = forgetful, call }: ReadImageOptions,
): Promise<InspectedImage> {
  const commands = layerCommands(image.config, image.manifest.layers.length)
  const toRead = image.manifest.layers.map((descriptor, index) => ({
    index,
    descriptor,
    diffId: image.config.diffIds[index],
    createdBy: commands?.[index],
  }))
  const budget = imageBudget()
  const readOne = async (layer: LayerToRead, within: ImageBudget): Promise<Layer> =>
    await readLayer(source, layer, {
      observe: observe(layer.descriptor),
      budget: within,
      ...(call === undefined ? {} : { call }),
    })
  const read = once(async (listed) => {
    // A table of contents is announced by the manifest, not by what is remembered of a layer.
    const isChunked = announcedTocs(listed.descriptor).chunked !== undefined
    const layer = isChunked ? await readOne(listed, budget) : await memory.through(listed, budget, readOne)
    return { ...layer, tocs: await layerTocs(source, layer, call) }
  }, budget)
  const layers = await sideBySide(toRead, read)
  return {
    image,
    layers,
    rootfs: applyLayers(layers),
    digests: new Map(),
    crates: new Map(),
    declared: new Set(declared),
    exceptions,
  }
}

type ReadOne = (layer: LayerToRead) => Promise<Layer>

/** Reads a blob that is listed several times once; each listing has entries of its own, which count. */
function once(read: ReadOne, budget: ImageBudget): ReadOne {
  const known = new Map<string, Promise<Layer>>()
  return async (layer) => {
    const { digest, mediaType, size } = layer.descriptor
    const key = `${digest} ${size} ${mediaType}`
    const first = known.get(key)
    if (first !== undefined) return listedAgain(await first, layer, budget)
    const reading = read(layer)
    known.set(key, reading)
    return await reading
  }
}

function listedAgain(first: Layer, layer: LayerToRead, budget: ImageBudget): Layer {
  try {
    budget.take('entries', first.entries.length)
    return { ...first, ...layer, entries: first.entries.map((entry) => entryInLayer(entry, layer.index)) }
  } catch (error) {
    if (!(error instanceof LayerError)) throw error
    return { ...first, ...layer, entries: [], failure: { kind: 'unreadable', error } }
  }
}

/** How many layers are read at a time: decompression runs beside hashing and scanning. */
const layersAtATime = 2

async function sideBySide(layers: readonly LayerToRead[], read: ReadOne): Promise<readonly Layer[]> {
  const done: Layer[] = []
  const left = [...layers]
  const worker = async (): Promise<void> => {
    for (let layer = left.shift(); layer !== undefined; layer = left.shift())
      done[layer.index] = await read(layer)
  }
  await Promise.all(Array.from({ length: layersAtATime }, worker))
  return done
}

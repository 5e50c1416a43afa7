import type { Call, ContentSource, Descriptor, Platform } from '@assay/registry'
import { layerCommands } from '../../image/image-config.ts'
import { ImageError } from '../../image/image-error.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { displayPath } from '../../image/layer-path.ts'
import { loadImages, platformOf, type ImageManifest } from '../../image/load-images.ts'
import { platformName } from '../../image/platform.ts'
import { readLayer } from '../../image/read-layer.ts'
import { captureBudget } from '../content/capture/file-capture.ts'
import type { FactsStore } from '../facts/facts-store.ts'
import { layerMemory } from '../facts/layer-memory.ts'
import type { InspectedImage } from '../inspected-image.ts'
import { readImage } from '../read-image.ts'
import { unreadReasons } from '../verdict.ts'
import { entryInRootfs, entryOfLayer } from './find-entry.ts'

export interface ReadFileOptions {
  /** As in a container: links are followed, inside the root. */
  readonly path: string
  /** The version that this layer has, counted from 0, whatever became of it; without it what a container sees. */
  readonly layer?: number
  /** Needed where the image has several. */
  readonly platform?: Platform
  /** Bytes of the largest file that is read. */
  readonly limit: number
  /** Remembers layers between runs. */
  readonly facts?: FactsStore
  readonly call?: Call
}

/**
 * The content of one file of an image. Nothing is answered before its layer was read to the end and its digest held.
 * @throws ImageError NO_SUCH_FILE, NOT_A_FILE, UNREAD_LAYER, LIMIT_EXCEEDED, NOT_AN_IMAGE, UNKNOWN_PLATFORM,
 * MALFORMED_CONFIG
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT and the codes of reaching the place
 */
export async function readFileOfImage(
  source: ContentSource,
  root: Descriptor,
  options: ReadFileOptions,
): Promise<Buffer> {
  const image = await oneImage(source, root, options)
  const { path, layer, limit, call } = options
  const inspected = await readImage(source, image, {
    observe: () => () => undefined,
    memory: layerMemory(options.facts, { kind: 'none', budget: captureBudget() }),
    ...(call === undefined ? {} : { call }),
  })
  const entry = layer === undefined ? seenEntry(inspected, path) : entryOfLayer(inspected, path, layer)
  if (entry.size > limit) {
    throw new ImageError('LIMIT_EXCEEDED', 'the file is larger than what is read', {
      on: `/${displayPath(entry.path)}`,
      expected: `at most ${limit} bytes`,
      got: `${entry.size} bytes`,
    })
  }
  return await contentOf(source, inspected, { entry, call })
}

async function oneImage(
  source: ContentSource,
  root: Descriptor,
  { platform, call }: ReadFileOptions,
): Promise<ImageManifest> {
  const { images } = await loadImages(source, root, {
    ...(platform === undefined ? {} : { platform }),
    ...(call === undefined ? {} : { call }),
  })
  const [image, ...others] = images
  if (image !== undefined && others.length === 0) return image
  throw new ImageError('UNKNOWN_PLATFORM', 'the image has several platforms, and none was named', {
    on: root.digest,
    expected: `one of ${images.map((each) => platformName(platformOf(each))).join(', ')}`,
    hint: 'name one with --platform',
  })
}

/** Whatever was not read may delete or replace the file. */
function seenEntry(inspected: InspectedImage, path: string): LayerEntry {
  const [reason] = unreadReasons(inspected)
  if (reason === undefined) return entryInRootfs(inspected, path)
  throw new ImageError('UNREAD_LAYER', 'it is not known what a container sees there', {
    on: path,
    got: reason,
    hint: 'name the layer whose version is wanted with --layer',
  })
}

interface Wanted {
  readonly entry: LayerEntry
  readonly call: Call | undefined
}

async function contentOf(
  source: ContentSource,
  { image, layers }: InspectedImage,
  { entry, call }: Wanted,
): Promise<Buffer> {
  const known = layers[entry.layer]
  const descriptor = image.manifest.layers[entry.layer]
  if (known === undefined || descriptor === undefined) throw new Error('an entry is of no layer')
  const parts: Buffer[] = []
  const { failure } = await readLayer(
    source,
    {
      index: entry.layer,
      descriptor,
      diffId: image.config.diffIds[entry.layer],
      createdBy: layerCommands(image.config, layers.length)?.[entry.layer],
    },
    {
      // The bytes are verified, so that the same offset is the same entry.
      observe: ({ offset }) => (offset === entry.offset ? collector(parts) : undefined),
      ...(call === undefined ? {} : { call }),
    },
  )
  if (failure === undefined) return Buffer.concat(parts)
  throw new ImageError('UNREAD_LAYER', 'the layer of the file cannot be read to its end', {
    on: descriptor.digest,
    got: failure.kind,
  })
}

const noFacts = { form: 'other', matches: [] } as const

function collector(parts: Buffer[]): {
  readonly write: (chunk: Buffer) => void
  readonly end: () => void
  readonly facts: () => typeof noFacts
} {
  return {
    write: (chunk) => void parts.push(Buffer.from(chunk)),
    end: () => undefined,
    facts: () => noFacts,
  }
}

import type { Call, ContentSource, Descriptor, Platform } from '@assay/registry'
import { layerCommands } from '../image/image-config.ts'
import type { Layer } from '../image/layer.ts'
import { loadImages, type ImageManifest, type OtherManifest } from '../image/load-images.ts'
import { applyLayers } from '../image/overlay.ts'
import { readLayer, type LayerToRead } from '../image/read-layer.ts'
import { rulesetVersion } from './all-checks.ts'
import { fileObserver } from './content/observe-file.ts'
import { imageReport } from './image-report.ts'
import type { InspectedImage } from './inspected-image.ts'
import {
  inspectionSchema,
  type ImageReport,
  type InspectionReport,
  type OtherReport,
} from './inspection-report.ts'
import { worstVerdict } from './verdict.ts'

export interface InspectOptions {
  /** The reference as the caller wrote it, for the report. */
  readonly reference: string
  /** Only this platform; without it every runnable one, and the worst verdict counts. */
  readonly platform?: Platform
  /** Runtimes that belong in the image: `python`, `node`, `java`, `dotnet`, `ruby`, `php`, `perl`. */
  readonly declared?: readonly string[]
  readonly call?: Call
}

/**
 * Reads every layer of an image once, and says what the image really contains. Memory does not grow with the
 * image's bytes: contents are streamed, facts are kept. What cannot be read makes the verdict `undecidable`.
 * @throws ImageError NOT_AN_IMAGE, UNKNOWN_PLATFORM, MALFORMED_CONFIG, LIMIT_EXCEEDED
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT and the codes of reaching the place
 */
export async function inspectImage(
  source: ContentSource,
  root: Descriptor,
  options: InspectOptions,
): Promise<InspectionReport> {
  const { platform, call } = options
  const tree = await loadImages(source, root, {
    ...(platform === undefined ? {} : { platform }),
    ...(call === undefined ? {} : { call }),
  })
  const images: ImageReport[] = []
  // One image after the other: only its report outlives it.
  for (const image of tree.images) images.push(imageReport(await readImage(source, image, options)))
  return {
    schema: inspectionSchema,
    ruleset: rulesetVersion,
    reference: options.reference,
    digest: root.digest,
    mediaType: root.mediaType,
    verdict: worstVerdict(images.map((image) => image.verdict)),
    images,
    others: tree.others.map(otherReport),
  }
}

/**
 * Reads the layers of one image and applies them to each other.
 * @throws RegistryError as `inspectImage`
 */
async function readImage(
  source: ContentSource,
  image: ImageManifest,
  { declared, call }: { readonly declared?: readonly string[]; readonly call?: Call },
): Promise<InspectedImage> {
  const commands = layerCommands(image.config, image.manifest.layers.length)
  const toRead = image.manifest.layers.map((descriptor, index) => ({
    index,
    descriptor,
    diffId: image.config.diffIds[index],
    createdBy: commands?.[index],
  }))
  const observe = fileObserver()
  const layers = await sideBySide(
    toRead,
    async (layer) => await readLayer(source, layer, { observe, ...(call === undefined ? {} : { call }) }),
  )
  return { image, layers, rootfs: applyLayers(layers), declared: new Set(declared) }
}

/** How many layers are read at a time: decompression runs beside hashing and scanning. */
const layersAtATime = 2

async function sideBySide(
  layers: readonly LayerToRead[],
  read: (layer: LayerToRead) => Promise<Layer>,
): Promise<readonly Layer[]> {
  const done: Layer[] = []
  const left = [...layers]
  const worker = async (): Promise<void> => {
    for (let layer = left.shift(); layer !== undefined; layer = left.shift())
      done[layer.index] = await read(layer)
  }
  await Promise.all(Array.from({ length: layersAtATime }, worker))
  return done
}

function otherReport(other: OtherManifest): OtherReport {
  const { digest, mediaType } = other.descriptor
  const about =
    other.kind === 'attestation'
      ? (other.subject ?? null)
      : other.kind === 'artifact'
        ? other.artifactType
        : null
  return { kind: other.kind, digest, mediaType, about }
}

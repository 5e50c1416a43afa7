import { isIndexType, type Call, type ContentSource, type Descriptor, type Platform } from '@assay/registry'
import type { OtherManifest } from '../image/classify-manifest.ts'
import { loadImages, type ImageManifest } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'
import { rulesetVersion } from './all-checks.ts'
import { captureBudget } from './content/capture/file-capture.ts'
import { layerObservers } from './content/observe-file.ts'
import type { FactsStore } from './facts/facts-store.ts'
import { layerMemory } from './facts/layer-memory.ts'
import { reportMemory, type ReportMemory } from './facts/report-memory.ts'
import { filesOfLayers } from './files/layer-files.ts'
import type { Exception } from './demand/exception.ts'
import { imageReport } from './image-report.ts'
import type { InspectedImage } from './inspected-image.ts'
import {
  inspectionSchema,
  type ImageReport,
  type InspectionReport,
  type OtherReport,
} from './inspection-report.ts'
import { readImage } from './read-image.ts'
import { withSecondReading } from './second-reading.ts'
import { watchReading, type ReadingProgress } from './watch-reading.ts'
import { worstVerdict } from './verdict.ts'

export interface InspectOptions {
  /** The reference as the caller wrote it, for the report. */
  readonly reference: string
  /** Only this platform; without it every runnable one, and the worst verdict counts. */
  readonly platform?: Platform
  /** Runtimes that belong in the image: `python`, `node`, `java`, `dotnet`, `ruby`, `php`, `perl`. */
  readonly declared?: readonly string[]
  /** What somebody answers for. The caller leaves out those that have ended. */
  readonly exceptions?: readonly Exception[]
  /** Lists every file of every layer in the report, each with its digest. */
  readonly files?: boolean
  /** Reads all that an SBOM needs: the digest of every program, and large archives too. */
  readonly inventory?: boolean
  /** Remembers layers between runs. The report is the same with and without it. */
  readonly facts?: FactsStore
  /** Told each image, once all of it was read; memory for the images before it is free by then. */
  readonly examine?: (inspected: InspectedImage) => void
  /** Told while layers are read. */
  readonly onProgress?: (progress: ReadingProgress) => void
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
  const { platform, declared = [] } = options
  const tree = await loadImages(source, root, options)
  const images: ImageReport[] = []
  const all = tree.images.flatMap(({ manifest }) => manifest.layers)
  const watched = watchReading(source, all, options.onProgress)
  // Who examines images wants more than a report of them, and a list of files may be longer than what it is made of.
  const isEnough = options.examine === undefined && options.files !== true
  const reports = reportMemory(isEnough ? options.facts : undefined, options)
  // One image after the other: only its report outlives it.
  for (const image of tree.images) {
    images.push(
      (await reports.recall(image)) ?? (await inspectOne(watched.source, image, { options, reports })),
    )
    for (const layer of image.manifest.layers) watched.finished(layer)
  }
  return {
    schema: inspectionSchema,
    ruleset: rulesetVersion,
    reference: options.reference,
    digest: root.digest,
    mediaType: root.mediaType,
    ...(platform !== undefined && isIndexType(root.mediaType) && { platform: platformName(platform) }),
    ...(declared.length > 0 && { declared }),
    verdict: worstVerdict([
      ...images.map((image) => image.verdict),
      // What a runtime may start and we did not read cannot be called clean.
      ...(tree.others.some(({ mayRun }) => mayRun) ? (['undecidable'] as const) : []),
    ]),
    images,
    others: tree.others.map(otherReport),
  }
}

interface Inspecting {
  readonly options: InspectOptions
  readonly reports: ReportMemory
}

async function inspectOne(
  source: ContentSource,
  image: ImageManifest,
  { options, reports }: Inspecting,
): Promise<ImageReport> {
  const { call } = options
  const budget = captureBudget()
  const wanted = { everyFile: options.files === true, inventory: options.inventory === true }
  const memory = layerMemory(options.facts, { kind: wanted, budget })
  const read = await readImage(source, image, {
    ...options,
    memory,
    observe: layerObservers({ ...wanted, budget }),
  })
  const inspected = await withSecondReading(source, read, { memory, call })
  options.examine?.(inspected)
  const report = imageReport(inspected)
  await reports.keep(inspected, report)
  return options.files === true ? { ...report, files: filesOfLayers(inspected) } : report
}

function otherReport(other: OtherManifest): OtherReport {
  const { digest, mediaType } = other.descriptor
  const about =
    other.kind === 'attestation'
      ? (other.subject ?? null)
      : other.kind === 'artifact'
        ? other.artifactType
        : null
  return { kind: other.kind, digest, mediaType, about, mayRun: other.mayRun }
}

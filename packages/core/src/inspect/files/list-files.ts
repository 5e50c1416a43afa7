import type { Call, ContentSource, Descriptor, Platform } from '@assay/registry'
import { ImageError } from '../../image/image-error.ts'
import { cleanPath, displayPath } from '../../image/layer-path.ts'
import { LIMITS } from '../../image/limits.ts'
import { loadImages, platformOf } from '../../image/load-images.ts'
import { placeAt } from '../../image/overlay-tree.ts'
import { platformName } from '../../image/platform.ts'
import { captureBudget } from '../content/capture/file-capture.ts'
import type { FactsStore } from '../facts/facts-store.ts'
import { layerMemory } from '../facts/layer-memory.ts'
import type { InspectedImage } from '../inspected-image.ts'
import { readImage } from '../read-image.ts'
import { watchReading, type ReadingProgress } from '../watch-reading.ts'
import { unreadReasons } from '../verdict.ts'
import type { FileReport, ImageFiles } from './file-report.ts'
import { filesOfLayers, filesOfRootfs } from './layer-files.ts'

/** The version of the JSON form of a listing. */
export const filesSchema = 'assay.files/v1'

/** `rootfs`: what a container sees. `layers`: every file of every layer, with what became of it. */
export type FilesView = 'rootfs' | 'layers'

export interface ListFilesOptions {
  /** The reference as the caller wrote it, for the report. */
  readonly reference: string
  readonly view: FilesView
  /** Only what lies at or below this path; links on the way are followed as in a container. */
  readonly path?: string
  /** Only this platform; without it every runnable one. */
  readonly platform?: Platform
  /** Remembers layers between runs. The listing is the same with and without it. */
  readonly facts?: FactsStore
  /** Told while layers are read. */
  readonly onProgress?: (progress: ReadingProgress) => void
  readonly call?: Call
}

/** The files of an image. Plain JSON values; equal images give equal bytes. */
export interface FilesReport {
  readonly schema: typeof filesSchema
  /** Whether every layer was read: else files may be missing. */
  readonly ok: boolean
  readonly reference: string
  readonly digest: string
  readonly view: FilesView
  readonly images: readonly ImageFiles[]
}

/**
 * Lists the files of an image: layers are read to their end and applied to each other, contents are not looked at.
 * @throws ImageError NO_SUCH_FILE where all was read and `path` is nowhere; NOT_AN_IMAGE, UNKNOWN_PLATFORM,
 * MALFORMED_CONFIG, LIMIT_EXCEEDED
 * @throws RegistryError NOT_FOUND, CONTENT_MISMATCH, MALFORMED_CONTENT and the codes of reaching the place
 */
export async function listFiles(
  source: ContentSource,
  root: Descriptor,
  options: ListFilesOptions,
): Promise<FilesReport> {
  const { view, platform, call } = options
  const tree = await loadImages(source, root, {
    ...(platform === undefined ? {} : { platform }),
    ...(call === undefined ? {} : { call }),
  })
  const images: ImageFiles[] = []
  const all = tree.images.flatMap(({ manifest }) => manifest.layers)
  const watched = watchReading(source, all, options.onProgress)
  for (const image of tree.images) {
    const inspected = await readImage(watched.source, image, {
      observe: () => () => undefined,
      memory: layerMemory(options.facts, { kind: 'none', budget: captureBudget() }),
      ...(call === undefined ? {} : { call }),
    })
    for (const layer of image.manifest.layers) watched.finished(layer)
    images.push({
      digest: image.manifest.descriptor.digest,
      platform: platformName(platformOf(image)),
      unread: unreadReasons(inspected),
      files: selected(inspected, options),
    })
  }
  const ok = images.every((image) => image.unread.length === 0)
  if (ok && images.every((image) => image.files.length === 0)) refuseMissing(options.path, root)
  return { schema: filesSchema, ok, reference: options.reference, digest: root.digest, view, images }
}

function selected(inspected: InspectedImage, { view, path }: ListFilesOptions): readonly FileReport[] {
  const files = view === 'rootfs' ? filesOfRootfs(inspected) : filesOfLayers(inspected)
  if (path === undefined) return files
  // Paths are byte strings inside.
  const wanted = cleanPath(Buffer.from(path, 'utf8').toString('latin1'))
  const real = placeAt(inspected.rootfs.root, wanted, LIMITS.linkHops)?.path
  const roots = [...new Set([wanted, real ?? wanted])].map((place) => `/${displayPath(place)}`)
  return files.filter((file) => roots.some((top) => isWithin(file.path, top)))
}

function isWithin(path: string, top: string): boolean {
  return top === '/' || path === top || path.startsWith(`${top}/`)
}

function refuseMissing(path: string | undefined, root: Descriptor): void {
  if (path === undefined) return
  throw new ImageError('NO_SUCH_FILE', 'the image has no such file', { on: root.digest, got: path })
}

import type { Call, ContentSource, Descriptor, Platform } from '@assay/registry'
import { ImageError } from '../image/image-error.ts'
import type { FactsStore } from '../inspect/facts/facts-store.ts'
import { inspectImage } from '../inspect/inspect-image.ts'
import type { ImageReport, InspectionReport } from '../inspect/inspection-report.ts'
import type { ReadingProgress } from '../inspect/watch-reading.ts'
import { cycloneDx } from './cyclonedx.ts'
import type { WrittenSbomFormat, SbomSource } from './sbom.ts'
import { spdx } from './spdx.ts'

export interface SbomOptions {
  /** The reference as the caller wrote it: it names the image. */
  readonly reference: string
  readonly format: WrittenSbomFormat
  readonly toolVersion: string
  /** When the SBOM is said to be made; the creation time of the image unless given. */
  readonly created?: Date
  readonly platform?: Platform
  /** Makes an SBOM that says what is missing, where not everything could be read. */
  readonly allowIncomplete?: boolean
  /** Remembers layers between runs. */
  readonly facts?: FactsStore
  /** Told while layers are read. */
  readonly onProgress?: (progress: ReadingProgress) => void
  readonly call?: Call
}

/** The SBOM of one image. */
export interface MadeSbom {
  /** The manifest that it is about. */
  readonly digest: ImageReport['digest']
  readonly platform: string
  readonly content: Uint8Array
  /** Why the list is not whole; empty where it is. */
  readonly gaps: readonly string[]
}

/**
 * Reads an image, or every runnable platform of an index, and lists the software in it. Two runs give the same bytes.
 * @throws ImageError INCOMPLETE_INVENTORY, and as `inspectImage`
 * @throws RegistryError as `inspectImage`
 */
export async function makeSboms(
  source: ContentSource,
  root: Descriptor,
  options: SbomOptions,
): Promise<readonly MadeSbom[]> {
  const { reference, platform, facts, onProgress, call } = options
  const report = await inspectImage(source, root, {
    reference,
    inventory: true,
    ...(platform === undefined ? {} : { platform }),
    ...(facts === undefined ? {} : { facts }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(call === undefined ? {} : { call }),
  })
  return report.images.map((image) => madeSbom(image, { ...options, gaps: gapsOf(report, image) }))
}

/**
 * The SBOM of one image; an index with several platforms needs a choice.
 * @throws ImageError SEVERAL_PLATFORMS, and as `makeSboms`
 */
export async function makeSbom(
  source: ContentSource,
  root: Descriptor,
  options: SbomOptions,
): Promise<MadeSbom> {
  const made = await makeSboms(source, root, options)
  const [first, ...others] = made
  if (first !== undefined && others.length === 0) return first
  throw new ImageError('SEVERAL_PLATFORMS', 'an SBOM is about one image, and there are several', {
    on: options.reference,
    expected: `--platform with one of ${made.map((one) => one.platform).join(', ')}`,
    got: `${made.length} images`,
  })
}

const render: Readonly<Record<WrittenSbomFormat, (source: SbomSource) => unknown>> = {
  'cyclonedx-json': cycloneDx,
  'spdx-json': spdx,
}

function madeSbom(image: ImageReport, options: SbomOptions & { readonly gaps: readonly string[] }): MadeSbom {
  const { reference, format, toolVersion, gaps, allowIncomplete } = options
  const [first] = gaps
  if (first !== undefined && allowIncomplete !== true) {
    throw new ImageError(
      'INCOMPLETE_INVENTORY',
      'not everything could be read, so the list would not be complete',
      {
        on: `${reference} (${image.platform})`,
        got: gaps.length === 1 ? first : `${first}, and ${gaps.length - 1} more`,
        hint: '--allow-incomplete makes an SBOM that says what is missing',
      },
    )
  }
  const document = render[format]({
    image,
    reference,
    toolVersion,
    gaps,
    created: options.created ?? createdOf(image),
  })
  const content = Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
  return { digest: image.digest, platform: image.platform, content, gaps }
}

function createdOf({ config }: ImageReport): Date | undefined {
  const time = new Date(config.created ?? '')
  return Number.isNaN(time.getTime()) || time.getTime() < 0 ? undefined : time
}

/** What could not be read of an image. */
function gapsOf(report: InspectionReport, image: ImageReport): readonly string[] {
  const unread = image.findings
    .filter(({ rule }) => rule === 'unread-inventory')
    .map(({ message }) => message)
  const more = image.unlisted['unread-inventory'] ?? 0
  return [
    ...(image.verdict === 'undecidable' ? image.reasons : []),
    ...(report.others.some(({ mayRun }) => mayRun)
      ? ['something that the index lists could not be read']
      : []),
    ...unread,
    ...(more === 0 ? [] : [`${more} more files that do not tell what software they are`]),
    ...(image.binariesUnlisted === 0 ? [] : [`${image.binariesUnlisted} more programs without metadata`]),
  ]
}

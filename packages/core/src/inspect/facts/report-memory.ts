import type { Descriptor, JsonValue } from '@assay/registry'
import { platformOf, type ImageManifest } from '../../image/load-images.ts'
import { platformName } from '../../image/platform.ts'
import type { Exception } from '../demand/exception.ts'
import type { InspectedImage } from '../inspected-image.ts'
import { inspectionSchema, type ImageReport } from '../inspection-report.ts'
import { malformedFacts } from './facts-error.ts'
import { factsNames } from './facts-name.ts'
import type { FactsStore } from './facts-store.ts'
import { isReadWhole } from './read-whole.ts'
import { readFrames, writeFrame } from './frames.ts'
import { recalled } from './recalled.ts'

/** Reports of images as they were made before. What is remembered is what inspecting again would say. */
export interface ReportMemory {
  readonly recall: (image: ImageManifest) => Promise<ImageReport | undefined>
  readonly keep: (inspected: InspectedImage, report: ImageReport) => Promise<void>
}

interface ReportOptions {
  readonly declared?: readonly string[]
  readonly exceptions?: readonly Exception[]
  readonly inventory?: boolean
}

/**
 * Remembers reports by the digest of the manifest, which stands for every byte of the image, and by all else that they
 * depend on. What was not read to its end is not kept: the reason may lie outside of the image.
 */
export function reportMemory(store: FactsStore | undefined, options: ReportOptions): ReportMemory {
  if (store === undefined) return forgetful
  const names = factsNames()
  const { declared = [], exceptions = [], inventory = false } = options
  const nameOf = async (image: ImageManifest): Promise<string> => {
    const { digest, mediaType } = image.manifest.descriptor
    const about = [inspectionSchema, digest, mediaType, platformName(platformOf(image))]
    return await names('report', [...about, { declared, exceptions, inventory }])
  }
  return {
    async recall(image) {
      const { descriptor } = image.manifest
      return await recalled(store, await nameOf(image), (bytes) => readReport(bytes, descriptor))
    },
    async keep({ image, layers }, report) {
      if (layers.every(isReadWhole)) await store.put(await nameOf(image), writeReport(report))
    },
  }
}

const forgetful: ReportMemory = {
  recall: async () => await Promise.resolve(undefined),
  keep: async () => await Promise.resolve(),
}

function writeReport(report: ImageReport): Buffer {
  const value: JsonValue = JSON.parse(JSON.stringify(report))
  return writeFrame(value)
}

/**
 * Only what this code wrote with the key of this user comes here: it is a report.
 * @throws FactsError MALFORMED_FACTS
 */
function readReport(bytes: Buffer, { digest }: Descriptor): ImageReport {
  const [value, ...rest] = readFrames(bytes)
  if (value === undefined || rest.length > 0 || !isReportOf(value, digest))
    throw malformedFacts({ got: 'no report of this image' })
  return value
}

function isReportOf(value: unknown, digest: string): value is ImageReport {
  return typeof value === 'object' && value !== null && 'digest' in value && value.digest === digest
}

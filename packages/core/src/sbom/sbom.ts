import type { ImageReport } from '../inspect/inspection-report.ts'

/** The formats of an SBOM, as flags name them. */
export const writtenSbomFormats = ['cyclonedx-json', 'spdx-json'] as const
export type WrittenSbomFormat = (typeof writtenSbomFormats)[number]

/** What an SBOM is made of. Equal values give equal bytes. */
export interface SbomSource {
  /** What the inspection of the image found. */
  readonly image: ImageReport
  /** The reference of the image, as somebody wrote it. */
  readonly reference: string
  /** The version of assay. */
  readonly toolVersion: string
  /** When the SBOM is said to be made; undefined where nothing tells. */
  readonly created: Date | undefined
  /** Why the list is not whole; empty where it is. */
  readonly gaps: readonly string[]
}

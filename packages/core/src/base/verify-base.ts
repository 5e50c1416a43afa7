import type { Call, Digest } from '@assay/registry'
import { verifyImage, type ImageDemand, type ImageVerification } from '../attach/verify-image.ts'
import { loadImages } from '../image/load-images.ts'
import type { InspectionReport } from '../inspect/inspection-report.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { compareBase, type BaseMatch } from './compare-base.ts'

/** What is known of the base that somebody named. It never raises the verdict of an inspection. */
export interface BaseVerification {
  /** As the caller wrote it. */
  readonly reference: string
  readonly digest: Digest
  /** Only `verified` is a yes: somebody who was named signed the base, and every platform begins with its layers. */
  readonly status: 'verified' | 'not-signed' | 'different'
  readonly verification: ImageVerification
  /** For each image that was inspected, in their order. */
  readonly platforms: readonly BaseMatch[]
}

export interface BaseOptions {
  readonly base: OpenedImage
  readonly demand: ImageDemand
  readonly call?: Call
}

/**
 * Verifies that a base image is signed as demanded, and that the inspected image begins with its layers. An index is
 * signed as a whole: it names its images by digest.
 * @throws ImageError, RegistryError where the base cannot be read: that is "could not tell", never "no"
 */
export async function verifyBase(
  report: InspectionReport,
  { base, demand, call }: BaseOptions,
): Promise<BaseVerification> {
  const verification = await verifyImage(base.store, base.root, { ...demand, ...call })
  const { images } = await loadImages(base.store, base.root, call === undefined ? {} : { call })
  const platforms = report.images.map((image) => compareBase(image, images))
  const isSame = platforms.length > 0 && platforms.every(({ same }) => same)
  const status = verification.proofs.length === 0 ? 'not-signed' : isSame ? 'verified' : 'different'
  return { reference: base.name, digest: base.root.digest, status, verification, platforms }
}

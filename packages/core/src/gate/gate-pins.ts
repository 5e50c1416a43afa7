import type { Digest } from '@assay/registry'
import type { GateReport } from '../policy/decision.ts'
import type { FoundReferences } from '../references/found-image.ts'
import type { Pin } from '../references/pin.ts'

/** What a file's references are to be completed with. */
export interface FilePins {
  readonly pins: readonly Pin[]
  /** Allowed references that are not written out in the file: a variable takes part. */
  readonly left: readonly string[]
}

/**
 * The digests for the references of a file: of images that were allowed wherever they are named, and nothing else.
 */
export function gatePins({ decisions }: GateReport, found: FoundReferences): FilePins {
  const digests = new Map<string, Digest | undefined>()
  const refusedInside = new Set(
    decisions.flatMap(({ partOf, verdict }) => (partOf !== undefined && verdict !== 'allow' ? [partOf] : [])),
  )
  for (const { image, verdict, subject, letThrough } of decisions) {
    // What was only let through was not verified.
    const isVerified = verdict === 'allow' && letThrough !== true
    const digest = isVerified && subject !== undefined && !refusedInside.has(subject) ? subject : undefined
    // Two answers about one name: a tag that moved meanwhile, or an object that may not use it.
    const agrees = !digests.has(image) || digests.get(image) === digest
    digests.set(image, agrees ? digest : undefined)
  }
  const allowed = found.images.flatMap((image) => {
    const digest = digests.get(image.reference)
    return digest === undefined || image.reference.includes('@') ? [] : [{ ...image, digest }]
  })
  return {
    pins: allowed.flatMap(({ span, reference, digest }) =>
      span === undefined ? [] : [{ span, reference, digest }],
    ),
    left: [...new Set(allowed.filter(({ span }) => span === undefined).map(({ reference }) => reference))],
  }
}

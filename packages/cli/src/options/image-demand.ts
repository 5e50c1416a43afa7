import type { ContentDemand, ImageDemand, TrustRoot } from '@assay/core'
import type { WantedSigner } from './signer-demand.ts'
import type { Trust } from './trust.ts'
import type { Strengthened, Weakened } from './weakening.ts'

/** What the flags of a verifying command say, group by group. */
export interface Demanded {
  readonly signer: WantedSigner
  readonly content: ContentDemand
  readonly strengthened: Strengthened
  readonly weakened: Weakened
  readonly trust: Trust
}

/** What has to be proven about an image or a file, from the flags; loads the trusted root where one is needed. */
export async function imageDemand(demanded: Demanded, now: Date): Promise<ImageDemand> {
  const { signer, content, strengthened, weakened } = demanded
  return {
    signer: signer.demand,
    keys: signer.keys,
    content,
    now,
    ...strengthened,
    ...weakened,
    ...(await neededTrust(demanded)),
  }
}

/**
 * The trusted root, where a check needs one or somebody named one: what it knows must hold, even where it is not
 * demanded. A bare key without log and time needs nobody's word, so that nothing is asked for.
 */
async function neededTrust(demanded: Demanded): Promise<{ readonly trust?: TrustRoot }> {
  const { signer, weakened, strengthened, trust } = demanded
  const isNeeded =
    trust.isNamed ||
    signer.demand.kind === 'certificate' ||
    weakened.transparencyLog === 'require' ||
    strengthened.minimumTimestamps !== undefined ||
    strengthened.maximumAge !== undefined
  return isNeeded ? { trust: await trust.load() } : {}
}

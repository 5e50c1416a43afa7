import type { TrustRoot } from '@assay/core'
import type { WantedSigner } from './signer-demand.ts'
import type { Trust } from './trust.ts'
import type { Strengthened, Weakened } from './weakening.ts'

/**
 * The trusted root, where a check needs one or somebody named one: what it knows must hold, even where it is not
 * demanded. A bare key without log and time needs nobody's word, so that nothing is asked for.
 */
export async function neededTrust(options: {
  readonly signer: WantedSigner
  readonly weakened: Weakened
  readonly strengthened: Strengthened
  readonly trust: Trust
}): Promise<{ readonly trust?: TrustRoot }> {
  const { signer, weakened, strengthened, trust } = options
  const isNeeded =
    trust.isNamed ||
    signer.demand.kind === 'certificate' ||
    weakened.transparencyLog === 'require' ||
    strengthened.minimumTimestamps !== undefined ||
    strengthened.maximumAge !== undefined
  return isNeeded ? { trust: await trust.load() } : {}
}

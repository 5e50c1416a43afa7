import { checkAborted, type Call, type Digest } from '@assay/registry'
import { parseDetached } from '../bundle/parse-detached.ts'
import type { ProofSource } from '../verify/proof.ts'
import { verifyMaterial } from './verify-attachment.ts'
import { unmetBy, type ImageDemand, type ImageVerification } from './verify-image.ts'

/** What a detached bundle is said to be about. */
export interface DetachedSubject {
  readonly digest: Digest
  /** The bytes, where they are at hand: what else the bundle says about them is checked, too. */
  readonly bytes?: Uint8Array
}

const source: ProofSource = { kind: 'file', format: 'bundle' }

/**
 * Verifies a bundle that lies beside its subject instead of in a registry: a Sigstore bundle, or one of cosign's
 * older blob bundles. A bundle that does not hold is an answer with a refusal, not an error.
 * @throws RegistryError ABORTED, TIMED_OUT
 */
export async function verifyDetached(
  bundle: Uint8Array,
  subject: DetachedSubject,
  demand: ImageDemand & Call,
): Promise<ImageVerification> {
  const { digest, bytes } = subject
  const interrupt = (): void => checkAborted(demand)
  const verdict = await verifyMaterial(() => parseDetached(bundle, { interrupt }), {
    ...demand,
    interrupt,
    subject: digest,
    source,
    ...(bytes !== undefined && { artifact: bytes }),
  })
  if (verdict.status === 'refused' && verdict.fault !== undefined) throw verdict.fault
  const unmet = unmetBy(verdict, demand)
  return {
    subject: digest,
    demand: { signer: demand.signer, content: demand.content },
    proofs: unmet === undefined && verdict.status === 'verified' ? [verdict.proof] : [],
    refused: unmet === undefined ? [] : [unmet],
  }
}

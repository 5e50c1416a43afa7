import type { Digest } from '@assay/registry'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { VerificationError, type VerificationStep } from '../refusal/verification-error.ts'
import { verifyBundle } from '../verify/verify-bundle.ts'
import type { Signature } from './signers/signer.ts'
import { SigningError } from './signing-error.ts'
import type { Witness } from './witnesses/witness.ts'

export interface MadeBundleCheck {
  /** Read back from the bytes that will be published. */
  readonly made: SignedMaterial
  readonly source: ProofSource
  readonly signature: Signature
  readonly subject: Digest
  /** The bytes of a blob. */
  readonly artifact?: Uint8Array
  readonly witnesses: readonly Witness[]
  readonly trust?: TrustRoot
  readonly now: Date
}

/** The clocks of logs and authorities may be so much ahead of ours, in milliseconds. */
const clockSkew = 300_000

/**
 * Verifies what was just signed the way that everybody else will: every witness that was asked must count.
 * @throws SigningError NOT_VERIFIABLE, naming the service whose part does not hold
 */
export async function checkMadeBundle(check: MadeBundleCheck): Promise<Proof> {
  const { signature, witnesses, trust, artifact } = check
  const logs = witnesses.filter(({ kind }) => kind === 'log-entry').length
  try {
    return await verifyBundle(check.made, {
      subject: check.subject,
      source: check.source,
      keys: signature.certificate === undefined ? [signature.publicKey] : [],
      now: new Date(check.now.getTime() + clockSkew),
      transparencyLog: logs > 0 ? 'require' : 'insecure-ignore',
      ...(logs > 0 && { minimumLogs: logs }),
      minimumTimestamps: witnesses.length - logs,
      sct: 'require',
      ...(trust !== undefined && { trust }),
      ...(artifact !== undefined && { artifact }),
    })
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    const { expected, got } = error
    throw new SigningError(
      'NOT_VERIFIABLE',
      `what was signed does not verify, ${blame(error.step, witnesses)}`,
      {
        ...(error.on !== undefined && { on: error.on }),
        ...(expected !== undefined && { expected }),
        got: `${error.code}: ${error.message}${got === undefined ? '' : ` (${got})`}`,
        hint: 'check that the trusted root belongs to the services that signed, and the clock of this machine',
        cause: error,
      },
    )
  }
}

/** Whose answer it is that does not hold. */
function blame(step: VerificationStep, witnesses: readonly Witness[]): string {
  const kind = witnessOf[step]
  if (kind === undefined)
    return step === 'certificate' || step === 'sct' ? 'by the certificate of Fulcio' : `step ${step}`
  const urls = witnesses
    .filter((witness) => witness.kind === kind)
    .map(({ service }) => `${service.name} ${service.url}`)
  return urls.length === 0 ? `step ${step}` : `by the answer of ${urls.join(' or ')}`
}

const witnessOf: Readonly<Partial<Record<VerificationStep, Witness['kind']>>> = {
  'transparency-log': 'log-entry',
  'log-entry': 'log-entry',
  timestamp: 'timestamp',
}

import type { Digest, Interruptible } from '@assay/registry'
import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { TrustedKey } from '../trust/public-key.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import { acceptTimestamps } from './accept-timestamps.ts'
import { signatureCheck } from './check-signature.ts'
import { checkTimes } from './check-times.ts'
import { makeProof } from './make-proof.ts'
import type { Proof, ProofSource } from './proof.ts'
import { refuseFuture } from './refuse-future.ts'
import { signedContent } from './signed-content.ts'
import { signingKey } from './signing-key.ts'
import { verifySigner } from './sigstore-verifier.ts'
import { verifyLogEntries } from './verify-log-entries.ts'

export interface VerifyOptions extends Interruptible {
  /** Authorities and logs; without it only bare keys can hold, and only where the log is ignored. */
  readonly trust?: TrustRoot
  /** Public keys that may have signed. */
  readonly keys?: readonly TrustedKey[]
  /** What the signature must be about. */
  readonly subject: Digest
  /** The subject's bytes, where they are at hand; needed for a blob unless its digest suffices. */
  readonly artifact?: Uint8Array
  /** Where it came from, for the proof. */
  readonly source: ProofSource
  readonly now: Date
  /** How an absent log entry counts. One that is present must hold in any case. */
  readonly transparencyLog: 'require' | 'insecure-ignore'
  readonly sct: 'require' | 'insecure-ignore'
  /** How many different logs must hold an entry; at least and by default 1. */
  readonly minimumLogs?: number
  /** How many different timestamp authorities must vouch for the time; by default 0: a log's time suffices. */
  readonly minimumTimestamps?: number
}

/**
 * Verifies something signed, in the order of the Sigstore client specification ("Verification"); each step refuses
 * with its own code. Who signed is in the proof, and whether that is the right one is `matchSigner`'s question.
 * @throws VerificationError
 * @throws what `interrupt` throws
 */
export async function verifyBundle(bundle: SignedMaterial, options: VerifyOptions): Promise<Proof> {
  const { trust, now } = options
  // What was signed, and is it about this subject?
  const signed = signedContent(bundle.content, options)
  options.interrupt?.()
  // With which key, and is that key or certificate in order?
  const signer = await signingKey(bundle, { signed, keys: options.keys ?? [] })
  // Is it in the transparency logs: this signature, by this key, over these bytes?
  const key = signer.kind === 'certificate' ? signer.certificate.der : signer.key.spki
  const minimum = options.transparencyLog === 'require' ? atLeastOne(options.minimumLogs) : 0
  const logged = verifyLogEntries(bundle, { signed, key, trust, now, minimum })
  // When was it signed, and were the certificate and the logs good then?
  const timestamps = acceptTimestamps(bundle, trust)
  await refuseFuture({ signer, signature: signed.signature, timestamps, trust, now })
  const { minimumTimestamps = 0 } = options
  const times = checkTimes({ signer, logged, timestamps, minimumTimestamps, now })
  // Do the timestamps, the chain, the SCTs and at last the signature hold?
  const holds = await signatureCheck(signer.key, signed)
  await verifySigner({
    signer,
    signature: signed.signature,
    holds,
    logTimes: logged.times,
    timestamps,
    trust,
    sct: options.sct,
  })
  return makeProof({ bundle, options, signed, signer, times, logEntries: logged.entries })
}

function atLeastOne(minimum = 1): number {
  if (Number.isSafeInteger(minimum) && minimum >= 1) return minimum
  throw new RangeError(`a minimum of ${minimum} log entries demands nothing`)
}

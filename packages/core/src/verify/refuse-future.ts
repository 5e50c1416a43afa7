import { VerificationError } from '../refusal/verification-error.ts'
import { verifySigner, type SignerClaim } from './sigstore-verifier.ts'

/**
 * Step "timestamp": none of the accepted timestamps may be dated in the future. That is said only of a time that its
 * authority did sign: callers may wait for it, and a forged one is a forgery whatever its date.
 * @throws VerificationError TIME_IN_FUTURE, INVALID_TIMESTAMP
 */
export async function refuseFuture(
  about: Pick<SignerClaim, 'signer' | 'signature' | 'timestamps' | 'trust'> & { readonly now: Date },
): Promise<void> {
  const { signer, signature, timestamps, trust, now } = about
  const future = timestamps.find(({ time }) => time > now)
  if (future === undefined) return
  // Only the timestamps are in question here: a key without a window, and a signature that is looked at later.
  const { validFor: _window, ...key } = signer.key
  await verifySigner({
    signer: { kind: 'key', key },
    signature,
    holds: () => true,
    logTimes: [],
    timestamps,
    trust,
    sct: 'insecure-ignore',
  })
  throw new VerificationError('TIME_IN_FUTURE', 'the timestamp is dated in the future', {
    step: 'timestamp',
    expected: `not after ${now.toISOString()}`,
    got: future.time.toISOString(),
  })
}

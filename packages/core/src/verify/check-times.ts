import { isWithin } from '../trust/public-key.ts'
import type { CertificateChain } from '../trust/trust-root.ts'
import type { AcceptedTimestamp } from './accept-timestamps.ts'
import type { VerifiedTime } from './proof.ts'
import type { SigningKey } from './signing-key.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import type { LogEvidence } from './verify-log-entries.ts'

/**
 * Step "timestamp", what the times must be: enough authorities, at least one time for a certificate (Sigstore
 * client spec, "Establishing a Time for the Signature"), every one of them within the certificate's validity, and
 * within the window of a log that gave no time of its own.
 *
 * "For a signature with a given certificate to be considered valid, it must have a timestamp while every certificate in
 * the chain up to the root is valid." (§4.3)
 * @throws VerificationError MISSING_TIMESTAMP, CERTIFICATE_NOT_VALID_AT_TIME, INVALID_LOG_PROOF
 */
export function checkTimes(about: {
  readonly signer: SigningKey
  readonly logged: LogEvidence
  readonly timestamps: readonly AcceptedTimestamp[]
  readonly minimumTimestamps: number
  readonly now: Date
}): readonly VerifiedTime[] {
  const { signer, logged, timestamps, minimumTimestamps, now } = about
  // One authority may be listed several times, with a window each: its key tells who it is.
  const authorities = new Set(timestamps.map(({ authority }) => keyOf(authority)))
  if (authorities.size < minimumTimestamps)
    throw missing(`timestamps of ${minimumTimestamps} different trusted authorities`, `${authorities.size}`)
  const times: readonly VerifiedTime[] = [
    ...logged.times,
    ...timestamps.map(({ time, authority }): VerifiedTime => ({
      at: time,
      source: 'timestamp-authority',
      by: authority.uri,
    })),
  ]
  if (signer.kind === 'certificate') {
    if (times.length === 0)
      throw missing('a time from a log (signed entry timestamp) or a trusted timestamp authority', 'none')
    const { notBefore, notAfter } = signer.certificate
    for (const { at, by } of times) {
      if (at < notBefore || at > notAfter)
        throw new VerificationError(
          'CERTIFICATE_NOT_VALID_AT_TIME',
          'the certificate was not valid when it signed',
          {
            step: 'certificate',
            expected: `${notBefore.toISOString()} to ${notAfter.toISOString()}`,
            got: `${at.toISOString()} by ${by}`,
          },
        )
    }
  }
  // Where nobody vouches for a time, the log could have said so only just now.
  checkLogWindows(logged, times.length === 0 ? [now] : times.map(({ at }) => at))
  return times
}

function keyOf({ certificates: [leaf] }: CertificateChain): string {
  return leaf === undefined ? '' : Buffer.from(leaf.publicKey).toString('base64')
}

/** A log whose key was retired before the signing could not have logged it. */
function checkLogWindows({ timeless }: LogEvidence, times: readonly Date[]): void {
  for (const log of timeless) {
    const outside = times.find((at) => !isWithin(log.validFor, at))
    if (outside !== undefined)
      throw new VerificationError('INVALID_LOG_PROOF', 'the log was not trusted when it was signed', {
        step: 'transparency-log',
        expected: `${log.validFor.start.toISOString()} to ${log.validFor.end?.toISOString() ?? 'now'}`,
        got: outside.toISOString(),
      })
  }
}

function missing(expected: string, got: string): VerificationError {
  return new VerificationError('MISSING_TIMESTAMP', 'nobody trusted vouches for the time of signing', {
    step: 'timestamp',
    expected,
    got,
  })
}

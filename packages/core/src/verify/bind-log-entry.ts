import type { LogEntry } from '../bundle/signed-bundle.ts'
import { createHash } from 'node:crypto'
import { readLogEntryBody, type LoggedClaim, type LoggedDigest } from './log-entry-body.ts'
import type { SignedContent } from './signed-content.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/**
 * Step "log-entry": the entry must be about this signature, with this key, over these bytes. Each of them is
 * compared: one signature can belong to several keys and several texts (Sigstore client spec, "Transparency
 * Log Entry"; CVE-2026-22703).
 *
 * "1. The signature from the parsed body is the same as the provided signature. 2. The key or certificate from the
 * parsed body is the same as in the input certificate. 3. The 'subject' of the parsed body matches the artifact." (§4.4)
 * @throws VerificationError LOG_ENTRY_MISMATCH, UNSUPPORTED_FORMAT, MALFORMED_BUNDLE
 */
export function bindLogEntry(entry: LogEntry, signed: SignedContent, key: Uint8Array): void {
  const claim = readLogEntryBody(entry)
  if (Buffer.compare(claim.key, key) !== 0) throw mismatch('another key or certificate')
  if (claim.signature !== undefined && Buffer.compare(claim.signature, signed.signature) !== 0)
    throw mismatch('another signature')
  if (signed.envelope === undefined) bindMessage(claim, signed)
  else bindEnvelope(claim, signed, { ...signed.envelope, version: entry.version })
}

function bindMessage(claim: LoggedClaim, signed: SignedContent): void {
  const { signedDigest } = claim
  if (signedDigest === undefined) throw mismatch('an envelope', 'a signature over bytes')
  const actual = signed.digest(signedDigest.algorithm)
  if (actual === undefined || !isSame(signedDigest, actual)) throw mismatch('other bytes')
}

function bindEnvelope(
  claim: LoggedClaim,
  signed: SignedContent,
  envelope: { readonly payload: Uint8Array; readonly bytes?: Uint8Array; readonly version: string },
): void {
  if (claim.signedDigest !== undefined) {
    // Rekor v2 logs the digest of the pre-authentication encoding; Rekor v1 has kinds of its own for envelopes.
    if (envelope.version !== '0.0.2') throw mismatch('a signature over bytes', 'an envelope')
    const actual = signed.digest(claim.signedDigest.algorithm)
    if (actual === undefined || !isSame(claim.signedDigest, actual)) throw mismatch('another envelope')
    return
  }
  if (
    claim.payloadDigest === undefined ||
    !isSame(claim.payloadDigest, hashOf(claim.payloadDigest, envelope.payload))
  )
    throw mismatch('another payload')
  if (claim.signature !== undefined) return
  // Only the hash of the uploaded envelope holds the signature.
  if (
    claim.envelopeDigest === undefined ||
    envelope.bytes === undefined ||
    !isSame(claim.envelopeDigest, hashOf(claim.envelopeDigest, envelope.bytes))
  )
    throw mismatch('another envelope')
}

function hashOf({ algorithm }: LoggedDigest, bytes: Uint8Array): Uint8Array {
  return createHash(algorithm).update(bytes).digest()
}

function isSame(logged: LoggedDigest, actual: Uint8Array): boolean {
  return Buffer.compare(logged.value, actual) === 0
}

function mismatch(got: string, expected = 'this signature, made with this key'): VerificationError {
  return new VerificationError('LOG_ENTRY_MISMATCH', 'the log entry does not describe this signature', {
    step: 'log-entry',
    expected,
    got: `an entry about ${got}`,
  })
}

import type { SignedBundle } from '../../bundle/signed-bundle.ts'
import { VerificationError } from '../../refusal/verification-error.ts'
import { DerError } from '../../trust/der.ts'
import type { TrustedKey } from '../../trust/public-key.ts'
import { isOver, parseTimestamp } from '../../trust/timestamp-token.ts'
import { bindLogEntry } from '../../verify/bind-log-entry.ts'
import { signatureCheck } from '../../verify/check-signature.ts'
import { parseCheckpoint } from '../../verify/checkpoint.ts'
import { leafHash, rootFromProof } from '../../verify/merkle.ts'
import type { SignedContent } from '../../verify/signed-content.ts'

/**
 * Whether the parts of a bundle are about each other: the signature is by the key over the content, and log entries
 * and timestamps are about this signature. Who is behind the key, the log and the clock is not asked here: that
 * takes trust, and is verified by whoever relies on it.
 * @throws VerificationError naming the part that belongs to something else
 */
export async function checkPartsBelong(
  bundle: SignedBundle,
  about: { readonly key: TrustedKey; readonly signed: SignedContent },
): Promise<void> {
  const { key, signed } = about
  const holds = await signatureCheck(key, signed)
  if (!holds())
    throw new VerificationError('INVALID_SIGNATURE', 'the signature is not by this key over this content', {
      step: 'signature',
      got: `key ${key.keyId}`,
    })
  const logged = bundle.key.kind === 'certificate' ? bundle.key.certificate : key.spki
  for (const entry of bundle.logEntries) {
    bindLogEntry(entry, signed, logged)
    checkInclusion(entry)
  }
  for (const timestamp of bundle.timestamps) checkTimestamp(timestamp, signed.signature)
}

/**
 * Whether an entry has an inclusion proof that leads to the root of its own checkpoint.
 * @throws VerificationError INVALID_LOG_PROOF
 */
export function checkInclusion({ body, proof }: SignedBundle['logEntries'][number]): void {
  const checkpoint = parseCheckpoint(proof?.checkpoint ?? '')
  const root =
    proof &&
    rootFromProof(leafHash(body), { index: proof.logIndex, treeSize: proof.treeSize, hashes: proof.hashes })
  const isTheRoot =
    root !== undefined &&
    checkpoint !== undefined &&
    root.equals(proof?.rootHash ?? Buffer.alloc(0)) &&
    root.equals(checkpoint.rootHash) &&
    checkpoint.treeSize === proof?.treeSize
  if (isTheRoot) return
  throw new VerificationError('INVALID_LOG_PROOF', 'the log entry has no proof that it is in its log', {
    step: 'transparency-log',
  })
}

/**
 * Whether a timestamp is over a signature, as every timestamp in a bundle has to be.
 * @throws VerificationError INVALID_TIMESTAMP
 */
export function checkTimestamp(timestamp: Uint8Array, signature: Uint8Array): void {
  try {
    if (isOver(parseTimestamp(timestamp), signature)) return
  } catch (error) {
    if (error instanceof DerError) throw wrongTimestamp(error.message, error)
    throw error
  }
  throw wrongTimestamp('a timestamp over other bytes')
}

function wrongTimestamp(got: string, cause?: Error): VerificationError {
  return new VerificationError('INVALID_TIMESTAMP', 'the timestamp is not one of this signature', {
    step: 'timestamp',
    got,
    cause,
  })
}

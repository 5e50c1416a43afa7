import type { InclusionProof, LogEntry } from '../bundle/signed-bundle.ts'
import type { LogAuthority } from '../trust/trust-root.ts'
import { isSignedByLog, parseCheckpoint } from './checkpoint.ts'
import { leafHash, rootFromProof } from './merkle.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/**
 * The inclusion proof must lead from the entry to the root of a checkpoint that the log itself signed (RFC 9162
 * §2.1.3, C2SP tlog-checkpoint). Answers the log; undefined where the proof comes without a checkpoint, as in
 * old bundles, and so proves nothing.
 *
 * "… the Verifier checks an inclusion proof for the LogEntry against a SignedTreeHead." (Sigstore client spec §4.6)
 * @throws VerificationError INVALID_LOG_PROOF, INVALID_CHECKPOINT
 */
export function verifyInclusion(
  entry: LogEntry,
  proof: InclusionProof,
  logs: readonly LogAuthority[],
): LogAuthority | undefined {
  const root = rootFromProof(leafHash(entry.body), {
    index: proof.logIndex,
    treeSize: proof.treeSize,
    hashes: proof.hashes,
  })
  if (root === undefined || !root.equals(proof.rootHash))
    throw new VerificationError('INVALID_LOG_PROOF', 'the inclusion proof does not lead to its root', {
      step: 'transparency-log',
      expected: Buffer.from(proof.rootHash).toString('hex'),
      got: root?.toString('hex') ?? `no proof of entry ${proof.logIndex} of ${proof.treeSize}`,
    })
  if (proof.checkpoint === undefined) return undefined
  const checkpoint = parseCheckpoint(proof.checkpoint)
  if (checkpoint === undefined) throw invalidCheckpoint('the checkpoint is malformed')
  const log = logs.find((candidate) => isSignedByLog(checkpoint, candidate))
  if (log === undefined)
    throw invalidCheckpoint('the checkpoint is not signed by the log', {
      got: `a checkpoint of ${JSON.stringify(checkpoint.origin.slice(0, 100))}`,
    })
  if (checkpoint.treeSize !== proof.treeSize || !root.equals(checkpoint.rootHash))
    throw invalidCheckpoint('the checkpoint is of another tree than the proof', {
      expected: `${proof.treeSize} ${root.toString('hex')}`,
      got: `${checkpoint.treeSize} ${Buffer.from(checkpoint.rootHash).toString('hex')}`,
    })
  return log
}

function invalidCheckpoint(
  message: string,
  details: { readonly expected?: string; readonly got?: string } = {},
): VerificationError {
  return new VerificationError('INVALID_CHECKPOINT', message, { step: 'transparency-log', ...details })
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import {
  embeddedTrustRoot,
  fetchTrustRoot,
  matchSigner,
  parseBundle,
  parsePublicKey,
  parseTrustRoot,
  VerificationError,
  verifyBundle,
  type Proof,
  type SignerDemand,
  type TrustRoot,
  type VerifyOptions,
} from '@assay/core'
import { CodedError, digestOf, isDigest } from '@assay/registry'
import type { VerifyRequest } from './request.ts'
import { staging } from './staging.ts'

/** The clock of a log may be so far ahead of ours, in milliseconds, to be waited for. */
const patience = 10_000

/**
 * Verifies a bundle about a file or a digest. The protocol names no predicate type, so that any statement about the
 * artifact will do: the commands of the CLI demand one.
 * @throws CodedError with the reason
 */
export async function verify(request: VerifyRequest): Promise<void> {
  const { bundle, signer } = request
  const bytes = await readFile(bundle)
  const options: Omit<VerifyOptions, 'now'> = {
    trust: await trustOf(request),
    keys: 'key' in signer ? [parsePublicKey(await readFile(signer.key))] : [],
    ...(await subjectOf(request.fileOrDigest)),
    source: { kind: 'file', format: 'bundle' },
    transparencyLog: 'require',
    sct: 'require',
  }
  const proof = await waitForClock((now) => verifyBundle(parseBundle(bytes), { ...options, now }))
  const refusal = matchSigner(proof, demandOf(signer))
  if (refusal !== undefined) throw new CodedError(refusal.code, refusal.message, { got: refusal.got ?? '' })
}

/** Right after signing, what is dated a little ahead of our clock is waited for; it is never accepted before. */
async function waitForClock(attempt: (now: Date) => Promise<Proof>): Promise<Proof> {
  const now = new Date()
  try {
    return await attempt(now)
  } catch (error) {
    const ahead =
      error instanceof VerificationError ? Date.parse(error.got ?? '') - now.getTime() : Number.NaN
    const isAhead = error instanceof VerificationError && error.code === 'TIME_IN_FUTURE'
    if (!isAhead || !(ahead <= patience)) throw error
    await setTimeout(ahead)
    return await attempt(new Date(now.getTime() + ahead))
  }
}

async function trustOf({ trustedRoot, staging: isStaging }: VerifyRequest): Promise<TrustRoot> {
  if (trustedRoot !== undefined) return parseTrustRoot(await readFile(trustedRoot))
  return isStaging ? await fetchTrustRoot(staging) : await embeddedTrustRoot()
}

/** A digest is one of SHA-256 in its full length that is not a path on disk; everything else is a path. */
async function subjectOf(text: string): Promise<Pick<VerifyOptions, 'subject' | 'artifact'>> {
  if (text.startsWith('sha256:') && isDigest(text) && !existsSync(text)) return { subject: text }
  const artifact = await readFile(text)
  return { subject: digestOf(artifact), artifact }
}

function demandOf(signer: VerifyRequest['signer']): SignerDemand {
  if ('key' in signer) return { kind: 'key' }
  const { identity, issuer } = signer
  return {
    kind: 'certificate',
    identities: [{ subject: { kind: 'exact', value: identity }, issuer: { kind: 'exact', value: issuer } }],
  }
}

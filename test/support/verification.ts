import { digestOf, type Digest } from '@assay/registry'
import {
  cosignSignPredicateType,
  parseBundle,
  parseTrustRoot,
  PatternError,
  TrustError,
  VerificationError,
  verifyBundle,
  type Proof,
  type VerifyOptions,
} from '@assay/core'
import { signBundle, type SignBundleOptions } from './sigstore/sign-bundle.ts'
import { bundleBytes, type TestBundle } from './sigstore/test-bundle.ts'
import { virtualSigstore, type VirtualSigstore } from './sigstore/virtual-sigstore.ts'

/** The time at which tests sign and verify, unless they say otherwise. */
export const signingTime: Date = new Date('2026-03-01T12:00:00Z')

export const signerIdentity = {
  subject: 'release@sigstore.test',
  issuer: 'https://accounts.sigstore.test',
} as const

/** An artifact and the digest that signatures are about. */
export const artifact: Uint8Array = Buffer.from('the artifact of the tests\n')
export const artifactDigest: Digest = digestOf(artifact)

export function sigstoreAt(now: Date = signingTime): VirtualSigstore {
  return virtualSigstore({ now })
}

/** The payload of an image signature, or of another statement, about the artifact. */
export function statementPayload(changes: Readonly<Record<string, unknown>> = {}): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: artifactDigest.slice('sha256:'.length) } }],
      predicateType: cosignSignPredicateType,
      predicate: {},
      ...changes,
    }),
  )
}

/** A keyless signature bundle about the artifact, as JSON for tests to damage. */
export async function signed(
  sigstore: VirtualSigstore,
  options: Partial<SignBundleOptions> = {},
): Promise<TestBundle> {
  return await signBundle(sigstore, {
    payload: statementPayload(),
    signer: { identity: signerIdentity },
    ...options,
  })
}

/** Verifies a bundle against a virtual Sigstore, strictly unless changed. */
export async function verifyJson(
  sigstore: VirtualSigstore,
  bundle: unknown,
  changes: Partial<VerifyOptions> = {},
): Promise<Proof> {
  return await verifyBundle(parseBundle(bundleBytes(bundle)), {
    trust: parseTrustRoot(sigstore.trustedRoot),
    subject: artifactDigest,
    source: { kind: 'file', format: 'bundle' },
    now: new Date(signingTime.getTime() + 60_000),
    transparencyLog: 'require',
    sct: 'require',
    ...changes,
  })
}

/** `ok`, or the code of the refusal. Anything else than a refusal is thrown on: a crash is a failed test. */
export async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    if (error instanceof VerificationError || error instanceof TrustError || error instanceof PatternError)
      return error.code
    throw error
  }
}

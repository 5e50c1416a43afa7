import { digestOf, mediaTypes, parseDigest, type Digest } from '@assay/registry'
import type { Identity } from '../../packages/core/src/trust/identity.ts'
import type { Proof, VerifiedTime } from '../../packages/core/src/verify/proof.ts'

/** What a test says about a proof that it makes up. */
export interface MadeUpProof {
  readonly subject?: Digest
  /** A certificate's identity; without it a key signed. */
  readonly identity?: Partial<Identity>
  /** A statement's predicate type; without it, a legacy simple-signing signature. */
  readonly predicateType?: string
  readonly predicate?: unknown
  readonly format?: 'bundle' | 'legacy'
  readonly times?: readonly VerifiedTime[]
}

export const madeUpSubject: Digest = parseDigest(`sha256:${'5'.repeat(64)}`)

/**
 * A proof that nobody verified, for tests of what comes after verification: the policy engine and the renderers.
 * The one place outside of `verifyBundle` that makes a Proof; nothing but tests can reach it.
 */
export function madeUpProof(told: MadeUpProof = {}): Proof {
  const subject = told.subject ?? madeUpSubject
  const statement = {
    type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: subject.slice('sha256:'.length) } }],
    predicateType: told.predicateType ?? '',
    predicate: told.predicate ?? {},
  }
  const { type, ...rest } = statement
  const payload = new TextEncoder().encode(JSON.stringify({ _type: type, ...rest }))
  const place = { mediaType: mediaTypes.ociManifest, digest: digestOf(payload), size: payload.byteLength }
  const format = told.format ?? (told.predicateType === undefined ? 'legacy' : 'bundle')
  const proof = {
    source:
      format === 'bundle'
        ? { kind: 'referrer', manifest: place, format }
        : { kind: 'legacy', layer: place, format },
    subject,
    signer: signerOf(told.identity),
    times: told.times ?? [],
    logEntries: [],
    content:
      told.predicateType === undefined
        ? {
            kind: 'simple-signing',
            payload: { dockerReference: '', manifestDigest: subject, annotations: {} },
          }
        : { kind: 'statement', statement, payload, meant: statement.subject[0] },
    weakened: [],
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made up for tests, see above
  return proof as unknown as Proof
}

function signerOf(identity: Partial<Identity> | undefined): unknown {
  if (identity === undefined) return { kind: 'key', keyId: 'made up', algorithm: 'ecdsa-p256' }
  const given = { subject: '', subjectKind: 'uri', issuer: '', extensions: {}, ...identity }
  return { kind: 'certificate', identity: given }
}

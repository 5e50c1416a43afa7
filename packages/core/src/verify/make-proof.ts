import type { SignedMaterial } from '../bundle/signed-bundle.ts'
import type { Proof, Signer, VerifiedLogEntry, VerifiedTime, Weakening } from './proof.ts'
import type { SignedContent } from './signed-content.ts'
import type { SigningKey } from './signing-key.ts'
import type { VerifyOptions } from './verify-bundle.ts'

export interface Verified {
  readonly bundle: SignedMaterial
  readonly options: VerifyOptions
  readonly signed: SignedContent
  readonly signer: SigningKey
  readonly times: readonly VerifiedTime[]
  readonly logEntries: readonly VerifiedLogEntry[]
}

/** The only place where a Proof comes into being; called by `verifyBundle` after its last step. */
export function makeProof(verified: Verified): Proof {
  const { options, signed, signer, times, logEntries } = verified
  const facts: Omit<Proof, keyof Brand> = {
    source: options.source,
    subject: options.subject,
    signer: describeSigner(signer),
    times,
    logEntries,
    content: signed.proofContent,
    weakened: weakenings(options),
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists for the compiler only, and this is its mint
  return facts as Proof
}

type Brand = { readonly [Key in keyof Proof as Key extends symbol ? Key : never]: true }

function describeSigner(signer: SigningKey): Signer {
  if (signer.kind === 'key') return { kind: 'key', keyId: signer.key.keyId, algorithm: signer.key.algorithm }
  const { serialNumber, notBefore, notAfter } = signer.certificate
  return {
    kind: 'certificate',
    identity: signer.identity,
    certificate: { serialNumber, notBefore, notAfter, algorithm: signer.key.algorithm },
  }
}

function weakenings(options: VerifyOptions): readonly Weakening[] {
  return [
    ...(options.transparencyLog === 'insecure-ignore' ? (['transparency-log-ignored'] as const) : []),
    ...(options.sct === 'insecure-ignore' ? (['sct-ignored'] as const) : []),
  ]
}

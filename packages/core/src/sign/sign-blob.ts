import { digestOf, type Call, type Digest } from '@assay/registry'
import { parseBundle } from '../bundle/parse-bundle.ts'
import { printBundle } from '../bundle/print-bundle.ts'
import { attestationStatement } from '../statement/attestation-statement.ts'
import { statementAbout } from '../statement/statement-about.ts'
import type { Proof } from '../verify/proof.ts'
import { checkMadeBundle } from './check-made-bundle.ts'
import type { VerifiedSigningOptions } from './image-signature.ts'
import type { AttestImageOptions } from './sign-image.ts'
import { signMessage, signStatement } from './sign-payload.ts'

/** A bundle that was verified: its bytes, and what they prove. */
export interface SignedBlob {
  /** The bundle file, JSON. */
  readonly bundle: Uint8Array
  readonly proof: Proof
}

/**
 * Signs a file as it is.
 * @throws SigningError
 */
export async function signBlob(
  artifact: Uint8Array,
  options: VerifiedSigningOptions,
  call: Call = {},
): Promise<SignedBlob> {
  const { bundle, signature } = await signMessage(artifact, options, call)
  const bytes = printBundle(bundle)
  const proof = await checkMadeBundle({
    ...options,
    made: parseBundle(bytes),
    source: { kind: 'file', format: 'bundle' },
    signature,
    subject: digestOf(artifact),
    artifact,
    now: options.now(),
  })
  return { bundle: bytes, proof }
}

/**
 * Signs a statement about a file or about anything that has a digest.
 * @throws SigningError, StatementError
 */
export async function attestBlob(
  subject: Digest,
  options: VerifiedSigningOptions & Pick<AttestImageOptions, 'statement'>,
  call: Call = {},
): Promise<SignedBlob> {
  const { statement } = options
  if ('bytes' in statement) statementAbout(subject, statement.bytes)
  const payload =
    'bytes' in statement
      ? statement.bytes
      : attestationStatement(subject, { ...statement, createdAt: options.now() })
  const { bundle, signature } = await signStatement(payload, options, call)
  const bytes = printBundle(bundle)
  const proof = await checkMadeBundle({
    ...options,
    made: parseBundle(bytes),
    source: { kind: 'file', format: 'bundle' },
    signature,
    subject,
    now: options.now(),
  })
  return { bundle: bytes, proof }
}

import { createHash } from 'node:crypto'
import type { Call } from '@assay/registry'
import type { BundleContent, SignedBundle } from '../bundle/signed-bundle.ts'
import { preAuthEncoding } from '../statement/pae.ts'
import { statementPayloadType } from '../statement/parse-statement.ts'
import type { Signature, MessageSigner } from './signers/signer.ts'
import type { Signed, Testimony, Witness } from './witnesses/witness.ts'

export interface SigningOptions {
  readonly signer: MessageSigner
  /** Logs and timestamp authorities; none leaves the signature without time and without publicity. */
  readonly witnesses: readonly Witness[]
}

/** A bundle with what signed it: not yet verified by anybody. */
export interface MadeBundle {
  readonly bundle: SignedBundle
  readonly signature: Signature
}

/**
 * Signs an in-toto statement in a DSSE envelope and has it witnessed.
 * @throws SigningError
 */
export async function signStatement(
  payload: Uint8Array,
  options: SigningOptions,
  call?: Call,
): Promise<MadeBundle> {
  const envelope = { payloadType: statementPayloadType, payload }
  const message = preAuthEncoding(envelope.payloadType, payload)
  const signature = await options.signer(message, { ...call, hashOnly: hashOnly(options, 'envelope') })
  return witnessed({ message, envelope, signature }, options, call)
}

/**
 * Signs a file as it is and has it witnessed.
 * @throws SigningError
 */
export async function signMessage(
  message: Uint8Array,
  options: SigningOptions,
  call?: Call,
): Promise<MadeBundle> {
  const signature = await options.signer(message, { ...call, hashOnly: hashOnly(options, 'file') })
  return witnessed({ message, signature }, options, call)
}

function hashOnly({ witnesses }: SigningOptions, what: 'envelope' | 'file'): boolean {
  return witnesses.some((witness) => witness.hashOnly.includes(what))
}

/** Timestamps come first: a log keeps its entry for good, so it is asked last. */
async function witnessed(signed: Signed, options: SigningOptions, call?: Call): Promise<MadeBundle> {
  const testimonies: Testimony[] = []
  for (const kind of ['timestamp', 'log-entry'] as const) {
    const asked = options.witnesses.filter((witness) => witness.kind === kind)
    testimonies.push(...(await Promise.all(asked.map((witness) => witness.testify(signed, call)))))
  }
  const { signature } = signed
  const bundle: SignedBundle = {
    format: 'v0.3',
    content: contentOf(signed),
    key:
      signature.certificate === undefined
        ? { kind: 'hint', hint: signature.publicKey.keyId }
        : { kind: 'certificate', certificate: signature.certificate, others: [] },
    logEntries: testimonies.flatMap((each) => (each.kind === 'log-entry' ? [each.entry] : [])),
    timestamps: testimonies.flatMap((each) => (each.kind === 'timestamp' ? [each.response] : [])),
  }
  return { bundle, signature }
}

function contentOf({ message, envelope, signature }: Signed): BundleContent {
  if (envelope !== undefined) return { kind: 'dsse', ...envelope, signature: signature.value }
  const value = createHash(signature.hash).update(message).digest()
  return { kind: 'message', signature: signature.value, digest: { algorithm: signature.hash, value } }
}

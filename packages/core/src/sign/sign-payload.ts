import { createHash } from 'node:crypto'
import type { Call } from '@assay/registry'
import type { BundleContent, SignedBundle } from '../bundle/signed-bundle.ts'
import { preAuthEncoding } from '../statement/pae.ts'
import { statementPayloadType } from '../statement/parse-statement.ts'
import type { Signature, MessageSigner } from './signers/signer.ts'
import { SigningError } from './signing-error.ts'
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
  const signature = await signedBy(message, { options, what: 'envelope' }, call)
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
  const signature = await signedBy(message, { options, what: 'file' }, call)
  return witnessed({ message, signature }, options, call)
}

/**
 * Ed25519 and Ed25519ph are signatures of two kinds: logs that take one each cannot witness the same one.
 * @throws SigningError UNSUPPORTED_KEY before any log is asked: what it took would stay there for good
 */
async function signedBy(
  message: Uint8Array,
  { options, what }: { readonly options: SigningOptions; readonly what: 'envelope' | 'file' },
  call?: Call,
): Promise<Signature> {
  const logs = options.witnesses.filter(({ kind }) => kind === 'log-entry')
  const seeingHash = logs.filter(({ hashOnly }) => hashOnly.includes(what))
  const signature = await options.signer(message, { ...call, hashOnly: seeingHash.length > 0 })
  if (
    signature.publicKey.algorithm !== 'ed25519' ||
    seeingHash.length === 0 ||
    seeingHash.length === logs.length
  )
    return signature
  throw new SigningError('UNSUPPORTED_KEY', 'an Ed25519 key cannot sign for logs of both kinds at once', {
    expected: 'a key of ECDSA or RSA, or logs of one Rekor API version',
    got: logs.map(({ service }) => service.url).join(', '),
  })
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

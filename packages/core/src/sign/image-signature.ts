import { digestOf, mediaTypes, type Call, type ContentStore, type Descriptor } from '@assay/registry'
import { attachBundle } from '../attach/attach-bundle.ts'
import { attachLegacy } from '../attach/attach-legacy.ts'
import { parseBundle } from '../bundle/parse-bundle.ts'
import { parseLegacyAttestation, parseLegacySignature } from '../bundle/parse-legacy.ts'
import { printBundle } from '../bundle/print-bundle.ts'
import { printLegacy, simpleSigningPayload } from '../bundle/print-legacy.ts'
import { signatureStatement } from '../statement/signature-statement.ts'
import { cosignSignPredicateType } from '../statement/statement.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import type { Proof } from '../verify/proof.ts'
import { checkMadeBundle } from './check-made-bundle.ts'
import { signMessage, signStatement, type MadeBundle, type SigningOptions } from './sign-payload.ts'
import { SigningError } from './signing-error.ts'
import type { Witness } from './witnesses/witness.ts'

/** A Sigstore bundle that refers to the image, or cosign's older `.sig` and `.att` tags. */
export type SignatureForm = 'bundle' | 'legacy'

export interface VerifiedSigningOptions extends SigningOptions {
  /** What the finished signature is verified against; needed for everything but a key without witnesses. */
  readonly trust?: TrustRoot
  /** The clock; read before and after the services were asked. */
  readonly now: () => Date
}

/** Signed and verified, and not yet anywhere. */
export interface ImageSignature {
  readonly subject: Descriptor
  readonly form: SignatureForm
  readonly predicateType: string
  readonly proof: Proof
  /** The bundle file; in the legacy form the blob of the layer. */
  readonly content: Uint8Array
  /** Attaches it; gives the manifest that holds it. */
  readonly attach: (store: ContentStore, call: Call) => Promise<Descriptor>
}

/** What is signed: a statement, or that an image is ours. */
export type Claim =
  | {
      readonly kind: 'signature'
      readonly annotations: Readonly<Record<string, string>>
      readonly repository: string
    }
  | { readonly kind: 'statement'; readonly payload: Uint8Array; readonly predicateType: string }

/**
 * Signs a claim about an image in one form and verifies it the way that others will.
 * @throws SigningError, StatementError INVALID_ANNOTATION
 */
export async function makeImageSignature(
  subject: Descriptor,
  options: VerifiedSigningOptions & { readonly claim: Claim; readonly form: SignatureForm },
  call: Call,
): Promise<ImageSignature> {
  return options.form === 'bundle' ? inBundle(subject, options, call) : inLegacyForm(subject, options, call)
}

type Options = VerifiedSigningOptions & { readonly claim: Claim }

async function inBundle(subject: Descriptor, options: Options, call: Call): Promise<ImageSignature> {
  const { claim, now } = options
  const payload =
    claim.kind === 'statement' ? claim.payload : signatureStatement(subject.digest, claim.annotations)
  const predicateType = claim.kind === 'statement' ? claim.predicateType : cosignSignPredicateType
  const { bundle, signature } = await signStatement(payload, options, call)
  const content = printBundle(bundle)
  const proof = await checkMadeBundle({
    ...options,
    made: parseBundle(content),
    source: { kind: 'file', format: 'bundle' },
    signature,
    subject: subject.digest,
    now: now(),
  })
  return {
    subject,
    form: 'bundle',
    predicateType,
    proof,
    content,
    attach: async (store, { signal }) => {
      const attachment = { bundle: content, predicateType, createdAt: now() }
      return (await attachBundle(store, subject, { ...attachment, ...(signal && { signal }) })).manifest
    },
  }
}

async function inLegacyForm(subject: Descriptor, options: Options, call: Call): Promise<ImageSignature> {
  const { claim, now } = options
  const witnesses = legacyWitnesses(options.witnesses, claim)
  const payload = claim.kind === 'statement' ? claim.payload : simpleSigningPayload(subject.digest, claim)
  const { bundle, signature } = await signLegacy(payload, { ...options, witnesses }, call)
  const { content, annotations } = printLegacy(bundle, payload)
  const isStatement = claim.kind === 'statement'
  const mediaType = isStatement ? mediaTypes.dsseEnvelope : mediaTypes.simpleSigning
  const layer = { mediaType, digest: digestOf(content), size: content.byteLength, annotations }
  const proof = await checkMadeBundle({
    ...options,
    witnesses,
    made: (isStatement ? parseLegacyAttestation : parseLegacySignature)(content, annotations),
    source: { kind: 'legacy', layer, format: 'legacy' },
    signature,
    subject: subject.digest,
    now: now(),
  })
  return {
    subject,
    form: 'legacy',
    predicateType: isStatement ? claim.predicateType : cosignSignPredicateType,
    proof,
    content,
    attach: (store, { signal }) => {
      const attachment = { suffix: isStatement ? 'att' : 'sig', content, annotations } as const
      const named = isStatement ? { ...annotations, predicateType: claim.predicateType } : annotations
      return attachLegacy(store, subject, { ...attachment, annotations: named, ...(signal && { signal }) })
    },
  }
}

function signLegacy(payload: Uint8Array, options: Options, call: Call): Promise<MadeBundle> {
  return options.claim.kind === 'statement'
    ? signStatement(payload, options, call)
    : signMessage(payload, options, call)
}

/**
 * The legacy form has room for one log entry with its promise, and for one timestamp. What a timestamp of an
 * attestation covers differs between cosign's versions, so that none is asked for.
 * @throws SigningError NO_SERVICE where a log is wanted and none gives promises
 */
function legacyWitnesses(witnesses: readonly Witness[], claim: Claim): readonly Witness[] {
  const logs = witnesses.filter(({ kind }) => kind === 'log-entry')
  const log = logs.find(({ promises }) => promises)
  if (logs.length > 0 && log === undefined) {
    throw new SigningError('NO_SERVICE', 'the legacy form needs a log that promises its entries', {
      expected: 'Rekor v1 in the signing config',
      got: logs.map(({ service }) => service.url).join(', '),
      hint: 'write bundles, or use a signing config with Rekor v1',
    })
  }
  const authority =
    claim.kind === 'statement' ? undefined : witnesses.find(({ kind }) => kind === 'timestamp')
  return [authority, log].filter((witness) => witness !== undefined)
}

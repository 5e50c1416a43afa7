import { digestOf, type Call, type Digest } from '@assay/registry'
import { claimedSubject } from '../../bundle/claimed-subject.ts'
import { printBundle } from '../../bundle/print-bundle.ts'
import type { BundleContent, LogEntry, SignedBundle } from '../../bundle/signed-bundle.ts'
import { createHash } from 'node:crypto'
import { VerificationError } from '../../refusal/verification-error.ts'
import { preAuthEncoding } from '../../statement/pae.ts'
import { parseCertificate } from '../../trust/certificate.ts'
import { keyFromSpki, type TrustedKey } from '../../trust/public-key.ts'
import { defaultHash } from '../../verify/check-signature.ts'
import { signedContent } from '../../verify/signed-content.ts'
import { entryAt, findEntries, type LogAccess } from '../witnesses/rekor-v1-lookup.ts'
import type { Signed } from '../witnesses/witness.ts'
import { checkPartsBelong } from './parts-belong.ts'
import { sameEntry } from './same-entry.ts'

/** What somebody kept of a signature, in pieces. */
export interface BundleParts {
  readonly content: BundleContent
  /** The certificate in DER, or the key that made the signature. */
  readonly signer:
    | { readonly kind: 'certificate'; readonly certificate: Uint8Array }
    | { readonly kind: 'key'; readonly key: TrustedKey }
  /** RFC 3161 TimeStampResp, DER. */
  readonly timestamps: readonly Uint8Array[]
  /** Where the pieces hold an entry already, without its proof. */
  readonly logEntry?: LogEntry
}

/**
 * Puts the parts of a signature into a bundle v0.3, with its entry in the log, whose proof the log is asked for.
 * Parts that are not about each other are refused.
 * @throws VerificationError, DerError, SigningError NOT_LOGGED and the codes of asking a service
 */
export async function assembleBundle(
  parts: BundleParts,
  options: {
    /** What was signed, or what the statement is about. */
    readonly artifact?: Uint8Array
    /** Without one no log entry is looked for. */
    readonly log?: LogAccess
  },
  call?: Call,
): Promise<Uint8Array> {
  const { signer, timestamps } = parts
  const { artifact, log } = options
  const certificate = signer.kind === 'certificate' ? signer.certificate : undefined
  const key = signer.kind === 'key' ? signer.key : keyFromSpki(parseCertificate(signer.certificate).publicKey)
  const content = withDigest(parts.content, key, artifact)
  const signature = {
    value: content.signature,
    publicKey: key,
    hash: defaultHash[key.algorithm],
    ...(certificate !== undefined && { certificate }),
  }
  const bare: SignedBundle = {
    format: 'v0.3',
    content,
    key:
      certificate === undefined
        ? { kind: 'hint', hint: key.keyId }
        : { kind: 'certificate', certificate, others: [] },
    logEntries: [],
    timestamps,
  }
  const about = { subject: subjectOf(bare, artifact), ...(artifact !== undefined && { artifact }) }
  const signed = signedContent(content, about)
  // A log is asked only about what holds here already.
  await checkPartsBelong(bare, { key, signed })
  if (log === undefined) return printBundle(bare)
  const entry = await logged({ ...signedOf(content, artifact), signature }, parts, log)
  const bundle = { ...bare, logEntries: [entry] }
  await checkPartsBelong(bundle, { key, signed })
  return printBundle(bundle)

  function logged(what: Signed, { logEntry }: BundleParts, at: LogAccess): Promise<LogEntry> {
    return logEntry === undefined
      ? findEntries(at, what, call).then(([first]) => first)
      : entryAt(at, logEntry.logIndex, call).then((found) => sameEntry(found, logEntry, at.url))
  }
}

/** A bundle names the digest of what was signed; the artifact tells it. */
function withDigest(
  content: BundleContent,
  key: TrustedKey,
  artifact: Uint8Array | undefined,
): BundleContent {
  if (content.kind === 'dsse') return content
  const algorithm = defaultHash[key.algorithm]
  return { ...content, digest: { algorithm, value: createHash(algorithm).update(needed(artifact)).digest() } }
}

function signedOf(content: BundleContent, artifact: Uint8Array | undefined): Omit<Signed, 'signature'> {
  if (content.kind !== 'dsse') return { message: needed(artifact) }
  const { payloadType, payload } = content
  return { message: preAuthEncoding(payloadType, payload), envelope: { payloadType, payload } }
}

function subjectOf(bundle: SignedBundle, artifact: Uint8Array | undefined): Digest {
  const subject = artifact === undefined ? claimedSubject(bundle) : digestOf(artifact)
  if (subject !== undefined) return subject
  throw new VerificationError('SUBJECT_MISMATCH', 'the statement does not say what it is about', {
    step: 'subject',
  })
}

function needed(artifact: Uint8Array | undefined): Uint8Array {
  if (artifact !== undefined) return artifact
  throw new VerificationError('SUBJECT_MISMATCH', 'a signature needs the file that it is over', {
    step: 'subject',
  })
}

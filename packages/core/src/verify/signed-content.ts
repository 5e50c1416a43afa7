import { createHash } from 'node:crypto'
import { digestAlgorithm, digestHex, digestOf, type Digest, type Interruptible } from '@assay/registry'
import { parseSimpleSigning } from '../bundle/simple-signing.ts'
import type { BundleContent, SimpleSigningContent } from '../bundle/signed-bundle.ts'
import type { HashAlgorithm } from '../trust/hash-algorithm.ts'
import { preAuthEncoding } from '../statement/pae.ts'
import { parseStatement, statementPayloadType } from '../statement/parse-statement.ts'
import type { Statement, Subject as StatementSubject } from '../statement/statement.ts'
import type { ProofContent } from './proof.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** What a signature is over, once it is known to speak about the subject. */
export interface SignedContent {
  readonly proofContent: ProofContent
  readonly signature: Uint8Array
  /** The signed bytes; missing where only the digest of a blob is known. */
  readonly bytes?: Uint8Array
  /** The digest of the signed bytes, where it can be told. */
  readonly digest: (algorithm: HashAlgorithm) => Uint8Array | undefined
  /** The hash that the signer names; otherwise the key decides. */
  readonly hash?: HashAlgorithm
  /** What log entries of the envelope kinds hash beside the signed bytes. */
  readonly envelope?: { readonly payload: Uint8Array; readonly bytes?: Uint8Array }
}

/**
 * Step "statement" and "subject": a DSSE envelope must hold an in-toto statement about the subject (in-toto
 * spec/v1, "subject"), a simple-signing payload must name it, and a message signature must be over it.
 *
 * "The Verifier now constructs the payload to be signed from the artifact and the additional payload metadata […]. Using
 * the raw bytes of the artifact […], hashing the artifact, then using the resultant digest […], using DSSE as an envelope
 * for the payload with a known DSSE payload type." (Sigstore client spec §4.5)
 * @throws VerificationError MALFORMED_STATEMENT, WRONG_PAYLOAD_TYPE, SUBJECT_MISMATCH
 */
export function signedContent(content: BundleContent | SimpleSigningContent, about: Subject): SignedContent {
  if (content.kind === 'dsse') return statementContent(content, about)
  if (content.kind === 'message') return blobContent(content, about)
  return simpleSigningContent(content, about.subject)
}

interface Subject extends Interruptible {
  readonly subject: Digest
  readonly artifact?: Uint8Array
}

function simpleSigningContent(
  { payload: bytes, signature }: SimpleSigningContent,
  subject: Digest,
): SignedContent {
  const payload = parseSimpleSigning(bytes)
  if (payload.manifestDigest !== subject) throw mismatch(subject, payload.manifestDigest)
  return { proofContent: { kind: 'simple-signing', payload }, signature, bytes, digest: digester(bytes) }
}

function statementContent(content: BundleContent & { readonly kind: 'dsse' }, about: Subject): SignedContent {
  const { payload, payloadType, signature } = content
  if (payloadType !== statementPayloadType)
    throw new VerificationError('WRONG_PAYLOAD_TYPE', 'the envelope does not hold an in-toto statement', {
      step: 'statement',
      expected: statementPayloadType,
      got: payloadType,
    })
  const { interrupt } = about
  const statement = parseStatement(payload, { interrupt })
  const meant = subjectMeant(statement, about)
  if (meant === undefined) throw mismatch(about.subject, subjectsOf(statement))
  const bytes = preAuthEncoding(payloadType, payload)
  return {
    proofContent: { kind: 'statement', statement, payload, meant },
    signature,
    bytes,
    digest: digester(bytes),
    envelope: { payload, ...(content.envelope !== undefined && { bytes: content.envelope }) },
  }
}

/**
 * One subject must have the digest under its own algorithm name: a git commit of the same hexadecimal is another
 * thing. Where the artifact's bytes are at hand, whatever else that subject says about them must be true, too.
 */
function subjectMeant(statement: Statement, { subject, artifact }: Subject): StatementSubject | undefined {
  const algorithm = digestAlgorithm(subject)
  const hex = digestHex(subject)
  // Each hash is computed once, however many subjects there are.
  const actual = artifact === undefined ? undefined : digester(artifact)
  return statement.subject.find(
    ({ digest }) => digest[algorithm] === hex && (actual === undefined || agrees(digest, actual)),
  )
}

function agrees(
  digest: Readonly<Record<string, string>>,
  actual: (algorithm: HashAlgorithm) => Buffer,
): boolean {
  const hashes = (['sha256', 'sha384', 'sha512'] as const).filter(
    (algorithm) => digest[algorithm] !== undefined,
  )
  return hashes.every((algorithm) => actual(algorithm).toString('hex') === digest[algorithm])
}

function subjectsOf(statement: Statement): string {
  const [first, ...others] = statement.subject.map(({ digest }) =>
    Object.entries(digest)
      .map(([algorithm, hex]) => `${algorithm}:${hex}`)
      .join(' '),
  )
  return others.length === 0 ? (first ?? '') : `${first} and ${others.length} others`
}

function blobContent(
  content: BundleContent & { readonly kind: 'message' },
  { subject, artifact }: Subject,
): SignedContent {
  if (artifact !== undefined && digestOf(artifact, digestAlgorithm(subject)) !== subject)
    throw mismatch(subject, digestOf(artifact, digestAlgorithm(subject)))
  const digest = artifact === undefined ? knownDigest(subject) : digester(artifact)
  const claimed = content.digest
  if (claimed !== undefined) {
    const actual = digest(claimed.algorithm)
    if (actual === undefined)
      throw new VerificationError('SUBJECT_MISMATCH', 'the signature is over a digest of another algorithm', {
        step: 'subject',
        expected: claimed.algorithm,
        got: subject,
        hint: 'give the file instead of its digest',
      })
    if (!actual.equals(claimed.value))
      throw mismatch(subject, `${claimed.algorithm}:${Buffer.from(claimed.value).toString('hex')}`)
  }
  return {
    proofContent: { kind: 'blob' },
    signature: content.signature,
    ...(artifact !== undefined && { bytes: artifact }),
    digest,
    ...(claimed !== undefined && { hash: claimed.algorithm }),
  }
}

function digester(bytes: Uint8Array): (algorithm: HashAlgorithm) => Buffer {
  const known = new Map<HashAlgorithm, Buffer>()
  return (algorithm) => {
    const digest = known.get(algorithm) ?? createHash(algorithm).update(bytes).digest()
    known.set(algorithm, digest)
    return digest
  }
}

function knownDigest(subject: Digest): (algorithm: HashAlgorithm) => Buffer | undefined {
  const value = Buffer.from(digestHex(subject), 'hex')
  return (algorithm) => (algorithm === digestAlgorithm(subject) ? value : undefined)
}

function mismatch(subject: Digest, got: string): VerificationError {
  return new VerificationError('SUBJECT_MISMATCH', 'what was signed is about another artifact', {
    step: 'subject',
    expected: subject,
    got,
  })
}

import { createHash } from 'node:crypto'
import type { BundleKey, LogEntry, SignedMaterial } from '../bundle/signed-bundle.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { predicateAlias } from '../statement/predicate-types.ts'
import { parseCertificate } from '../trust/certificate.ts'
import { fulcioIdentity } from '../trust/fulcio-identity.ts'
import { keyFromSpki } from '../trust/public-key.ts'
import { parseTimestamp } from '../trust/timestamp-token.ts'

/** What a bundle file says. All of it is claimed, nothing verified. Its fields only grow within one schema version. */
export interface BundleDocument {
  readonly schema: 'assay.bundle/v1'
  /** Always false: `verify-blob` and `explain` verify. */
  readonly verified: false
  readonly format: string
  readonly content: BundleContentDocument
  readonly signer: BundleSignerDocument
  readonly log: readonly BundleLogDocument[]
  readonly timestamps: readonly { readonly at: string; readonly hash: string }[]
}

export type BundleContentDocument =
  | {
      readonly kind: 'statement'
      readonly predicateType: string
      readonly alias?: string
      readonly subjects: readonly {
        readonly name?: string
        readonly digest: Readonly<Record<string, string>>
      }[]
      /** The payload's size in bytes, and its digest. */
      readonly payloadSize: number
      readonly payloadDigest: string
    }
  | { readonly kind: 'message'; readonly digest?: string }

export type BundleSignerDocument =
  | {
      readonly kind: 'certificate'
      readonly subject: string
      readonly issuer: string
      readonly extensions: Readonly<Record<string, string>>
      readonly serialNumber: string
      readonly notBefore: string
      readonly notAfter: string
      readonly algorithm: string
      readonly keyId: string
      /** Certificates that came along and are never used. */
      readonly others: number
    }
  | { readonly kind: 'key'; readonly keyId: string }

export interface BundleLogDocument {
  readonly logId: string
  readonly index: string
  readonly kind: string
  readonly at?: string
  readonly promise: boolean
  /** The size of the tree that the proof is of, and what the checkpoint calls its log. */
  readonly proof?: { readonly treeSize: string; readonly checkpoint?: string }
}

/**
 * Takes a bundle apart for reading.
 * @throws DerError, VerificationError MALFORMED_STATEMENT, TrustError for a key of an unknown kind
 */
export function bundleDocument(material: SignedMaterial): BundleDocument {
  return {
    schema: 'assay.bundle/v1',
    verified: false,
    format: material.format,
    content: contentDocument(material),
    signer: signerDocument(material.key),
    log: material.logEntries.map(logDocument),
    timestamps: material.timestamps.map((response) => {
      const { time, imprint } = parseTimestamp(response)
      return { at: time.toISOString(), hash: imprint.algorithm }
    }),
  }
}

function contentDocument({ content }: SignedMaterial): BundleContentDocument {
  if (content.kind === 'dsse') {
    const { predicateType, subject } = parseStatement(content.payload)
    const alias = predicateAlias(predicateType)
    return {
      kind: 'statement',
      predicateType,
      ...(alias !== undefined && { alias }),
      subjects: subject.map(({ name, digest }) => ({ ...(name !== undefined && { name }), digest })),
      payloadSize: content.payload.byteLength,
      payloadDigest: `sha256:${createHash('sha256').update(content.payload).digest('hex')}`,
    }
  }
  const digest = content.kind === 'message' ? content.digest : undefined
  return {
    kind: 'message',
    ...(digest !== undefined && {
      digest: `${digest.algorithm}:${Buffer.from(digest.value).toString('hex')}`,
    }),
  }
}

function signerDocument(key: BundleKey): BundleSignerDocument {
  if (key.kind === 'hint') return { kind: 'key', keyId: key.hint }
  const certificate = parseCertificate(key.certificate)
  const { subject, issuer, extensions } = fulcioIdentity(certificate)
  const { algorithm, keyId } = keyFromSpki(certificate.publicKey)
  return {
    kind: 'certificate',
    subject,
    issuer,
    extensions,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    algorithm,
    keyId,
    others: key.others.length,
  }
}

function logDocument(entry: LogEntry): BundleLogDocument {
  const { proof, integratedTime } = entry
  const time = new Date(Number(integratedTime) * 1000)
  const origin = proof?.checkpoint?.split('\n', 1)[0]
  return {
    logId: Buffer.from(entry.logId).toString('hex'),
    index: String(entry.logIndex),
    kind: `${entry.kind}/${entry.version}`,
    ...(integratedTime > 0n && !Number.isNaN(time.getTime()) && { at: time.toISOString() }),
    promise: entry.promise !== undefined,
    ...(proof !== undefined && {
      proof: { treeSize: String(proof.treeSize), ...(origin !== undefined && { checkpoint: origin }) },
    }),
  }
}

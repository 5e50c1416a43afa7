import { predicateAlias } from '../statement/predicate-types.ts'
import { readProvenance } from '../statement/slsa-provenance.ts'
import type { Identity } from '../trust/identity.ts'
import type { Proof, ProofSource, Signer } from '../verify/proof.ts'
import type { Refusal } from '../refusal/refusal.ts'

/** What the renderers need of a verification; `ImageVerification` fits. */
export interface VerificationFacts {
  readonly subject: string
  readonly proofs: readonly Proof[]
  readonly refused: readonly { readonly source: ProofSource; readonly refusal: Refusal }[]
}

/** The JSON output of a verification. Its fields only grow within one schema version. */
export interface VerificationDocument {
  readonly schema: 'assay.verification/v1'
  readonly subject: string
  readonly verified: boolean
  readonly signatures: readonly SignatureDocument[]
  readonly refused: readonly RefusedDocument[]
}

export interface SignatureDocument {
  readonly source: SourceDocument
  readonly signer: SignerDocument
  /** Where the certificate, else the provenance, says that it was built from. */
  readonly repository?: string
  readonly commit?: string
  readonly times: readonly { readonly at: string; readonly source: string; readonly by: string }[]
  readonly log: readonly {
    readonly log: string
    readonly index: string
    readonly kind: string
    readonly proof: string
  }[]
  readonly content: ContentDocument
  /** Checks that were switched off by name. */
  readonly weakened: readonly string[]
}

export type SignerDocument =
  | {
      readonly kind: 'certificate'
      readonly subject: string
      readonly issuer: string
      readonly extensions: Readonly<Record<string, string>>
      readonly serialNumber: string
      readonly notBefore: string
      readonly notAfter: string
      readonly algorithm: string
    }
  | { readonly kind: 'key'; readonly keyId: string; readonly algorithm: string }

export type ContentDocument =
  | {
      readonly kind: 'statement'
      readonly predicateType: string
      readonly alias?: string
      readonly annotations: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'simple-signing'
      readonly dockerReference: string
      readonly annotations: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'blob' }

export interface SourceDocument {
  readonly kind: 'referrer' | 'legacy' | 'file'
  readonly digest?: string
}

export interface RefusedDocument extends Refusal {
  readonly source: SourceDocument
}

/** The verification as plain data, in the order in which things were found. */
export function verificationDocument(verification: VerificationFacts): VerificationDocument {
  return {
    schema: 'assay.verification/v1',
    subject: verification.subject,
    verified: verification.proofs.length > 0,
    signatures: verification.proofs.map(signatureDocument),
    refused: verification.refused.map(refusedDocument),
  }
}

export function refusedDocument(refused: VerificationFacts['refused'][number]): RefusedDocument {
  return { source: sourceDocument(refused.source), ...refused.refusal }
}

export function signatureDocument(proof: Proof): SignatureDocument {
  const { repository, commit } = originOf(proof)
  return {
    source: sourceDocument(proof.source),
    signer: signerDocument(proof.signer),
    ...(repository !== undefined && { repository }),
    ...(commit !== undefined && { commit }),
    times: proof.times.map(({ at, source, by }) => ({ at: at.toISOString(), source, by })),
    log: proof.logEntries.map((entry) => ({
      log: entry.log,
      index: entry.logIndex,
      kind: entry.kind,
      proof: entry.proof,
    })),
    content: contentDocument(proof),
    weakened: proof.weakened,
  }
}

/** What the certificate says comes first: the authority checked it, the provenance is the builder's own word. */
function originOf({ signer, content }: Proof): {
  readonly repository: string | undefined
  readonly commit: string | undefined
} {
  const extensions: Identity['extensions'] = signer.kind === 'certificate' ? signer.identity.extensions : {}
  const { sourceRepositoryURI, sourceRepositoryDigest, githubWorkflowRepository, githubWorkflowSHA } =
    extensions
  const provenance = content.kind === 'statement' ? readProvenance(content.statement) : undefined
  const named =
    githubWorkflowRepository === undefined ? undefined : `https://github.com/${githubWorkflowRepository}`
  return {
    repository: sourceRepositoryURI ?? named ?? provenance?.source,
    commit: sourceRepositoryDigest ?? githubWorkflowSHA ?? provenance?.commit,
  }
}

function signerDocument(signer: Signer): SignerDocument {
  if (signer.kind === 'key') return { kind: 'key', keyId: signer.keyId, algorithm: signer.algorithm }
  const { identity, certificate } = signer
  return {
    kind: 'certificate',
    subject: identity.subject,
    issuer: identity.issuer,
    extensions: { ...identity.extensions },
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    algorithm: certificate.algorithm,
  }
}

function contentDocument({ content }: Proof): ContentDocument {
  if (content.kind === 'blob') return { kind: 'blob' }
  if (content.kind === 'simple-signing')
    return {
      kind: 'simple-signing',
      dockerReference: content.payload.dockerReference,
      annotations: content.payload.annotations,
    }
  const { predicateType } = content.statement
  const alias = predicateAlias(predicateType)
  return {
    kind: 'statement',
    predicateType,
    ...(alias !== undefined && { alias }),
    annotations: content.meant.annotations ?? {},
  }
}

function sourceDocument(source: ProofSource): SourceDocument {
  if (source.kind === 'referrer') return { kind: 'referrer', digest: source.manifest.digest }
  return source.kind === 'legacy' ? { kind: 'legacy', digest: source.layer.digest } : { kind: 'file' }
}

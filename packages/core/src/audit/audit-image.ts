import type { Call, ContentSource, Descriptor, Digest } from '@assay/registry'
import { faultsOf, verifyAttached } from '../attach/verify-attachments.ts'
import type { RefusedAttachment } from '../attach/verify-image.ts'
import { readProvenance } from '../statement/slsa-provenance.ts'
import { cosignSignPredicateType } from '../statement/statement.ts'
import type { TrustedKey } from '../trust/public-key.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import type { Proof } from '../verify/proof.ts'

export interface AuditOptions {
  readonly trust: TrustRoot
  readonly keys: readonly TrustedKey[]
  readonly now: Date
  readonly transparencyLog: 'require' | 'insecure-ignore'
  readonly sct: 'require' | 'insecure-ignore'
}

/** What an auditor expects of every image. */
export type Expected = 'signature' | 'provenance' | 'sbom'

/** What is proven about one image, by whomever, and what is not. An audit demands no identity: it tells them. */
export interface ImageAudit {
  readonly subject: Digest
  readonly proofs: readonly Proof[]
  readonly refused: readonly RefusedAttachment[]
  readonly missing: readonly Expected[]
  /** Faults of ours: that many of the refused were judged by nobody, so that the audit is not whole. */
  readonly faults: readonly Error[]
}

/**
 * Verifies everything that is attached to one image, whoever signed it.
 * @throws RegistryError where the place cannot be read
 */
export async function auditImage(
  source: ContentSource,
  subject: Descriptor,
  options: AuditOptions & Call,
): Promise<ImageAudit> {
  const verdicts = await verifyAttached(source, subject, options)
  const proofs: Proof[] = []
  const refused: RefusedAttachment[] = []
  for (const verdict of verdicts) {
    if (verdict.status === 'verified') proofs.push(verdict.proof)
    else refused.push({ source: verdict.source, refusal: verdict.refusal })
  }
  const present = new Set(proofs.map(kindOf))
  const missing = (['signature', 'provenance', 'sbom'] as const).filter((kind) => !present.has(kind))
  return { subject: subject.digest, proofs, refused, missing, faults: faultsOf(verdicts) }
}

const sbomTypes: readonly string[] = ['https://spdx.dev/Document', 'https://cyclonedx.org/bom']

function kindOf({ content }: Proof): Expected | undefined {
  if (content.kind === 'simple-signing') return 'signature'
  if (content.kind === 'blob') return undefined
  const { predicateType } = content.statement
  if (predicateType === cosignSignPredicateType) return 'signature'
  if (readProvenance(content.statement) !== undefined) return 'provenance'
  // SPDX names its version in the type of newer writers: https://spdx.dev/Document/v2.3
  return sbomTypes.some((type) => predicateType === type || predicateType.startsWith(`${type}/`))
    ? 'sbom'
    : undefined
}

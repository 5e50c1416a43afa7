import type {
  BreakGlass,
  Decision,
  Evidence,
  GateReport,
  Outcome,
  PolicyOutcome,
} from '../policy/decision.ts'
import type { ImagePlace } from '../policy/image-place.ts'
import type { Reason } from '../policy/reason.ts'
import { signatureDocument, type SignatureDocument } from './verification-document.ts'

/** The JSON output of the gate. Its fields only grow within one schema version. */
export interface GateDocument {
  readonly schema: 'assay.gate/v1'
  /** Only `allow` is a yes. */
  readonly verdict: Decision['verdict']
  readonly ok: boolean
  readonly decisions: readonly DecisionDocument[]
}

export interface DecisionDocument {
  readonly verdict: Decision['verdict']
  readonly image: string
  /** What was decided about. Null where nobody looked, or where looking failed. */
  readonly digest: string | null
  /** The reference to deploy: what was decided about, whatever happens to the tag. Null where it is not allowed. */
  readonly deploy: string | null
  readonly policies: readonly PolicyDocument[]
  readonly because: readonly Reason[]
  readonly warnings: readonly Reason[]
  /** When it was decided, for a decision that was remembered; or null. */
  readonly remembered: string | null
  /** The digest of the index whose image for one platform it is, or null. */
  readonly partOf: string | null
  /** Allowed by no policy, and let through all the same: by broken glass, or by onError. */
  readonly letThrough: boolean
  /** That somebody wished to break the glass, who, why, and what came of it; or null. */
  readonly breakGlass: BreakGlass | null
  /** The verification summary that was signed and attached, or null. */
  readonly summary: { readonly result: string; readonly manifest: string } | null
  /** Where files name it; empty for an image of the command line. */
  readonly places: readonly ImagePlace[]
}

export interface PolicyDocument extends OutcomeDocument {
  readonly at: string
  readonly mode: string
  readonly effect: PolicyOutcome['effect']
}

export interface OutcomeDocument {
  readonly status: Outcome['status']
  readonly kind: string
  readonly name: string
  readonly because: readonly Reason[]
  readonly by: readonly EvidenceDocument[]
  readonly parts: readonly OutcomeDocument[]
}

export type EvidenceDocument =
  | ({ readonly kind: 'proof' } & SignatureDocument)
  /** The same, of a decision that was remembered. */
  | { readonly kind: 'proof' }
  | { readonly kind: 'inspection'; readonly distroless: string; readonly evidence: readonly string[] }
  | { readonly kind: 'static'; readonly action: string }
  | { readonly kind: 'reference'; readonly digest: string }
  | { readonly kind: 'program'; readonly language: string; readonly remark?: string }

/** The report as plain data, in the order of the request. */
export function gateDocument(report: GateReport): GateDocument {
  return {
    schema: 'assay.gate/v1',
    verdict: report.verdict,
    ok: report.verdict === 'allow',
    decisions: report.decisions.map(decisionDocument),
  }
}

/** The image by the digest that was decided about: what to deploy instead of a tag that may move (attack I-17). */
export function pinnedName({ image, subject }: Decision): string {
  // The path of a layout may hold an @, too.
  return subject === undefined || image.endsWith(`@${subject}`) ? image : `${image}@${subject}`
}

/** One decision as plain data. */
export function decisionDocument(decision: Decision): DecisionDocument {
  const { verdict, image, subject, policies, because, warnings, places = [] } = decision
  return {
    verdict,
    image,
    digest: subject ?? null,
    deploy: verdict === 'allow' && subject !== undefined ? pinnedName(decision) : null,
    policies: policies.map(policyDocument),
    because,
    warnings,
    remembered: decision.remembered ?? null,
    partOf: decision.partOf ?? null,
    letThrough: decision.letThrough === true,
    breakGlass: decision.breakGlass ?? null,
    summary: decision.summary ?? null,
    places,
  }
}

function policyDocument({ at, mode, effect, outcome }: PolicyOutcome): PolicyDocument {
  return { ...outcomeDocument(outcome), at, mode, effect }
}

function outcomeDocument(outcome: Outcome): OutcomeDocument {
  return {
    status: outcome.status,
    kind: outcome.rule.kind,
    name: outcome.rule.name,
    because: outcome.status === 'met' ? [] : outcome.because,
    by: outcome.status === 'met' ? outcome.by.map(evidenceDocument) : [],
    parts: outcome.parts.map(outcomeDocument),
  }
}

function evidenceDocument(evidence: Evidence): EvidenceDocument {
  if (evidence.kind === 'proof') return { kind: 'proof', ...signatureDocument(evidence.proof) }
  if (evidence.kind === 'remembered') return { kind: 'proof', ...evidence.remembered.document }
  if (evidence.kind === 'inspection') {
    const { distroless, evidence: lines } = evidence.inspection
    return { kind: 'inspection', distroless, evidence: lines }
  }
  return evidence
}

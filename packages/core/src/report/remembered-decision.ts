import type { Decision, Evidence, Outcome, PolicyOutcome, RememberedProof } from '../policy/decision.ts'
import { proofLine } from './proof-line.ts'
import { signatureDocument } from './verification-document.ts'

/**
 * A decision as text that can be kept and read again. Proofs are kept as what a report says about them: only a
 * verification makes a proof.
 */
export function writeDecision(decision: Decision): string {
  return JSON.stringify({ ...decision, policies: decision.policies.map(writtenPolicy) })
}

/** Reads what `writeDecision` of this very version wrote; the caller vouches for every byte of it. */
export function readDecision(text: string): Decision {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the function above, and authenticated
  return JSON.parse(text) as Decision
}

function writtenPolicy(policy: PolicyOutcome): PolicyOutcome {
  return { ...policy, outcome: writtenOutcome(policy.outcome) }
}

function writtenOutcome(outcome: Outcome): Outcome {
  const parts = outcome.parts.map(writtenOutcome)
  return outcome.status === 'met'
    ? { ...outcome, parts, by: outcome.by.map(writtenEvidence) }
    : { ...outcome, parts }
}

function writtenEvidence(evidence: Evidence): Evidence {
  if (evidence.kind !== 'proof') return evidence
  const { proof } = evidence
  const remembered: RememberedProof = { line: proofLine(proof), document: signatureDocument(proof) }
  return { kind: 'remembered', remembered }
}

import { candidatesOf } from './candidates.ts'
import { faultOf } from './check-proof.ts'
import type { Evidence, Outcome, RuleName } from './decision.ts'
import type { Evaluation } from './evaluate-authority.ts'
import type { InspectionFact, Known } from './facts.ts'
import { attestedInspection } from './attested-inspection.ts'
import { met, undecided, unmet } from './outcome.ts'
import type { InspectRule } from './policy.ts'
import type { Reason } from './reason.ts'
import { unseenReason } from './unseen-evidence.ts'
import { viewOf } from './view.ts'

/** The type of a statement whose predicate is what `assay inspect --output json` says about its subject. */
const inspectionType = 'https://assay.dev/inspection/v1'

/** What the image has to be inside: by an inspection of this run, or by one that an authority signed. */
export function evaluateInspection(demand: InspectRule, evaluation: Evaluation): Outcome {
  const rule: RuleName = { kind: 'inspect', name: `distroless: ${demand.distroless}` }
  if (demand.attestedBy !== undefined) return evaluateAttested(rule, demand, evaluation)
  const { inspection } = evaluation.facts
  if (inspection === undefined) throw new Error('no inspection was made for a rule that needs one')
  return judge(rule, demand, inspection)
}

function judge(rule: RuleName, demand: InspectRule, inspection: Known<InspectionFact>): Outcome {
  if (inspection.status === 'unknown') {
    const { error } = inspection
    const message = `the image could not be inspected: ${error.message} (${error.code})`
    return undecided(rule, [{ code: 'INSPECTION_UNAVAILABLE', step: 'inspect', message }])
  }
  const { distroless, evidence } = inspection.value
  const shown = evidence.length === 0 ? '' : `: ${evidence.slice(0, 5).join('; ')}`
  if (distroless === 'undecidable') {
    const message = `the image could not be read in whole${shown}`
    return undecided(rule, [{ code: 'INSPECTION_INCOMPLETE', step: 'inspect', message }])
  }
  const good = distroless === 'strict' || (distroless === 'effective' && demand.distroless === 'effective')
  if (good) return met(rule, [{ kind: 'inspection', inspection: inspection.value }])
  const message = `the image is not distroless enough${shown}`
  return unmet(rule, [
    { code: 'NOT_DISTROLESS', step: 'inspect', message, expected: demand.distroless, got: distroless },
  ])
}

/** Every inspection that the authority signed and that is young enough has to be good enough, and there has to be one. */
function evaluateAttested(rule: RuleName, demand: InspectRule, { policy, facts }: Evaluation): Outcome {
  const authority = policy.authorities.find(({ name }) => name === demand.attestedBy)
  if (authority?.kind !== 'signed') throw new Error('an inspection is attested by an authority that signs')
  const evidence = facts.evidence.get(viewOf(authority).key)
  if (evidence === undefined) throw new Error(`no evidence was collected for authority ${authority.name}`)
  const unseen = unseenReason(evidence)
  if (unseen !== undefined) return undecided(rule, [unseen])
  const ages = [demand.maxAge, authority.maxAge].filter((age) => age !== undefined)
  const maxAge = ages.length === 0 ? undefined : Math.min(...ages)
  const faults: Reason[] = []
  const by: Evidence[] = []
  for (const proof of candidatesOf(evidence.proofs, { kind: 'attestation', predicateType: inspectionType })) {
    const fault = faultOf(proof, { authority, maxAge, now: facts.now })
    if (fault !== undefined) {
      faults.push(fault)
      continue
    }
    const { fact, fault: weakness } = attestedInspection(proof, demand, facts.now)
    const outcome = judge(rule, demand, { status: 'known', value: fact })
    if (outcome.status !== 'met') return outcome
    if (weakness === undefined) by.push({ kind: 'proof', proof }, ...outcome.by)
    else faults.push(weakness)
  }
  if (by.length > 0) return met(rule, by)
  const message = `no inspection that ${authority.name} signed counts`
  const missing: Reason = { code: 'NO_ATTESTATION', step: 'fetch', message, expected: inspectionType }
  return unmet(rule, faults.length > 0 ? faults : [missing])
}

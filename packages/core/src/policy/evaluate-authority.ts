import type { Proof } from '../verify/proof.ts'
import { candidatesOf } from './candidates.ts'
import type { Wanted } from './candidates.ts'
import { faultOf } from './check-proof.ts'
import type { Outcome, RuleName } from './decision.ts'
import { runProgram } from './evaluate-program.ts'
import type { EvidenceFact, Facts } from './facts.ts'
import { surelyMatchesImage } from './glob.ts'
import type { LanguageRuntime } from './languages/language-runtime.ts'
import { allOf, met, undecided, unmet } from './outcome.ts'
import type {
  AttestationRule,
  Authority,
  Policy,
  PolicyProgram,
  SignedAuthority,
  StaticAuthority,
} from './policy.ts'
import { provenanceFault } from './provenance-rule.ts'
import type { Reason } from './reason.ts'
import { siftSummaries } from './summary-rule.ts'
import { incompleteReason, unseenReason } from './unseen-evidence.ts'
import { viewOf } from './view.ts'

/** What the rules of one policy are evaluated with. */
export interface Evaluation {
  readonly policy: Policy
  readonly facts: Facts
  readonly languages: LanguageRuntime
}

/** The refusals that a report names before it only counts them. */
const maxReasons = 10

/** One authority: a static answer, or a signature, or every one of its attestations. */
export async function evaluateAuthority(authority: Authority, evaluation: Evaluation): Promise<Outcome> {
  const rule: RuleName = { kind: 'authority', name: authority.name }
  if (authority.kind === 'static') return evaluateStatic(authority, evaluation)
  const evidence = evaluation.facts.evidence.get(viewOf(authority).key)
  if (evidence === undefined) throw new Error(`no evidence was collected for authority ${authority.name}`)
  const look: Look = { authority, evidence, evaluation }
  if (authority.attestations.length === 0) return allOf(rule, [evaluateSignature(look)])
  const parts = await Promise.all(
    authority.attestations.map((attestation) => evaluateAttestation(attestation, look)),
  )
  return allOf(rule, parts)
}

interface Look {
  readonly authority: SignedAuthority
  readonly evidence: EvidenceFact
  readonly evaluation: Evaluation
}

function evaluateStatic(authority: StaticAuthority, { policy, facts }: Evaluation): Outcome {
  const rule: RuleName = { kind: 'static', name: authority.name }
  if (authority.action === 'fail') {
    const message = authority.message ?? 'this policy refuses every image that it is about'
    return unmet(rule, [{ code: 'STATIC_FAIL', step: 'combine', message }])
  }
  if (!policy.images.some((glob) => surelyMatchesImage(glob, facts.names))) {
    const message =
      'the policy reaches this image only by the tag beside its digest, and nobody checked that tag'
    const hint = 'name the image by digest or by tag, not by both'
    return unmet(rule, [{ code: 'UNPROVEN_TAG', step: 'match', message, hint }])
  }
  return met(rule, [{ kind: 'static', action: 'pass' }])
}

function evaluateSignature(look: Look): Outcome {
  const rule: RuleName = { kind: 'signature', name: look.authority.name }
  const { good, faults } = sift(look, { kind: 'signature' }, look.authority.maxAge)
  if (good.length > 0)
    return met(
      rule,
      good.map((proof) => ({ kind: 'proof', proof })),
    )
  return notMet(rule, look, faults.length > 0 ? faults : [missing(look, 'signature')])
}

async function evaluateAttestation(attestation: AttestationRule, look: Look): Promise<Outcome> {
  const { authority, evaluation } = look
  const rule: RuleName = { kind: 'attestation', name: attestation.name }
  const ages = [attestation.maxAge, attestation.summary?.maxAge, authority.maxAge].filter(
    (age) => age !== undefined,
  )
  const maxAge = ages.length === 0 ? undefined : Math.min(...ages)
  const wanted: Wanted = { kind: 'attestation', predicateType: attestation.predicateType }
  const { good, faults } = siftByContent(attestation, sift(look, wanted, maxAge), evaluation.facts)
  if (good.length === 0)
    return notMet(rule, look, faults.length > 0 ? faults : [missing(look, attestation.predicateType)])
  // A later summary may be among what nobody saw.
  const unseen = attestation.summary === undefined ? undefined : unseenReason(look.evidence)
  if (unseen !== undefined) return undecided(rule, [unseen])
  if (attestation.program !== undefined)
    return await runOverEach(attestation.program, { rule, good, faults }, look)
  return met(
    rule,
    good.map((proof) => ({ kind: 'proof', proof })),
  )
}

/** Any one of many statements of the type will do (gates.md §1.6). */
async function runOverEach(
  program: PolicyProgram,
  { rule, good, faults }: Sifted & { readonly rule: RuleName },
  look: Look,
): Promise<Outcome> {
  const { evaluation } = look
  const parts: Outcome[] = []
  for (const proof of good) {
    const part = await runProgram(program, { name: rule.name, input: statementOf(proof), evaluation })
    if (part.status === 'met') return met(rule, [{ kind: 'proof', proof }], [part])
    parts.push(part)
  }
  if (parts.some(({ status }) => status === 'undecided')) return undecided(rule, [], parts)
  return { ...notMet(rule, look, faults), parts }
}

/** A program sees the statement as it was signed. */
function statementOf({ content }: Proof): unknown {
  if (content.kind !== 'statement') throw new Error('only a statement has a program run over it')
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content.payload))
}

interface Sifted {
  readonly good: readonly Proof[]
  readonly faults: readonly Reason[]
}

function sift({ authority, evidence, evaluation }: Look, wanted: Wanted, maxAge: number | undefined): Sifted {
  const good: Proof[] = []
  const faults: Reason[] = []
  for (const proof of candidatesOf(evidence.proofs, wanted)) {
    const fault = faultOf(proof, { authority, maxAge, now: evaluation.facts.now })
    if (fault === undefined) good.push(proof)
    else faults.push(fault)
  }
  return { good, faults }
}

/** What the statements have to say, beyond who says it. */
function siftByContent(
  { provenance, summary }: AttestationRule,
  sifted: Sifted,
  { names, now }: Facts,
): Sifted {
  if (summary !== undefined) {
    const resource = summary.resource?.replaceAll('{repo}', names.place)
    const rule = resource === undefined ? summary : { ...summary, resource }
    const { good, faults } = siftSummaries(rule, sifted.good, now)
    return { good, faults: [...faults, ...sifted.faults] }
  }
  if (provenance === undefined) return sifted
  const judged = sifted.good.map((proof) => ({ proof, fault: provenanceFault(provenance, proof) }))
  return {
    good: judged.flatMap(({ proof, fault }) => (fault === undefined ? [proof] : [])),
    faults: [...judged.flatMap(({ fault }) => fault ?? []), ...sifted.faults],
  }
}

/** Nothing satisfied the rule: that is a no, unless something could not be looked at. */
function notMet(rule: RuleName, { evidence }: Look, faults: readonly Reason[]): Outcome {
  const refused = evidence.refused.map(({ source, code, step, ...rest }): Reason => ({
    ...rest,
    code: 'ATTACHMENT_REFUSED',
    step: 'verify',
    on: source,
    message: `${rest.message} (${code} at ${step})`,
  }))
  const reasons = [...faults, ...refused].slice(0, maxReasons)
  if (evidence.incomplete === undefined) return unmet(rule, reasons)
  return undecided(rule, [
    incompleteReason(evidence.incomplete),
    ...faults.filter(({ code: fault }) => fault !== 'NO_SIGNATURE' && fault !== 'NO_ATTESTATION'),
  ])
}

function missing({ evidence, authority }: Look, what: string): Reason {
  const seen = evidence.proofs.length + evidence.refused.length
  const others = evidence.proofs.flatMap(({ content }) =>
    content.kind === 'statement' ? [content.statement.predicateType] : ['a cosign signature'],
  )
  const got =
    seen === 0
      ? 'nothing signed is attached'
      : `${seen} attached: ${[...new Set(others)].join(', ') || 'none that holds'}`
  if (what === 'signature') {
    const hint = authority.signer.kind === 'key' ? 'assay sign --key' : 'assay sign'
    return {
      code: 'NO_SIGNATURE',
      step: 'fetch',
      message: 'no signature of this image counts',
      got,
      hint: `sign it: ${hint}`,
    }
  }
  return {
    code: 'NO_ATTESTATION',
    step: 'fetch',
    message: `no attestation of type ${what} counts`,
    expected: what,
    got,
  }
}

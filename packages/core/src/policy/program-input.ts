import type { Proof } from '../verify/proof.ts'
import type { Outcome } from './decision.ts'
import type { Facts } from './facts.ts'
import type { Policy, PolicyProgram } from './policy.ts'
import type { Reason } from './reason.ts'
import { sourceOf } from './candidates.ts'
import { proofsOf } from './verified-levels.ts'

/** What `spec.policy` sees (gates.md §1.6), or why it cannot be put together. */
export type ProgramInputResult =
  | { readonly status: 'known'; readonly input: unknown }
  | { readonly status: 'unknown'; readonly reason: Reason }

export interface Matched {
  readonly policy: Policy
  readonly facts: Facts
  /** The outcomes of the authorities, in the order of the policy. */
  readonly authorities: readonly Outcome[]
}

export function programInput(program: PolicyProgram, matched: Matched): ProgramInputResult {
  const { facts } = matched
  const twice = namedTwice(matched)
  if (twice !== undefined) {
    return unknownInput(
      `several authorities are named ${twice}, and a program sees only one of them`,
      'NOT_SUPPORTED',
    )
  }
  const input: Record<string, unknown> = {
    authorityMatches: authorityMatches(matched, program.include.includes('predicates')),
  }
  for (const name of program.include) {
    if (name === 'predicates') continue
    if (name === 'config') {
      const { configs } = facts
      if (configs === undefined) throw new Error('no configuration was read for a program that needs one')
      if (configs.status === 'unknown') {
        const { message, code } = configs.error
        return unknownInput(
          `the image configuration cannot be had: ${message} (${code})`,
          'EVIDENCE_UNAVAILABLE',
        )
      }
      input['config'] = configs.value
      continue
    }
    if (facts.object === undefined) {
      return unknownInput(
        `the program asks for the ${name} of an object, and there is none here`,
        'OBJECT_UNKNOWN',
      )
    }
    const { object } = facts
    if (name === 'spec') input['spec'] = object.spec
    if (name === 'metadata') input['metadata'] = object.metadata
    if (name === 'typemeta') {
      const apiVersion = object.group === '' ? object.version : `${object.group}/${object.version}`
      input['typemeta'] = { apiVersion, kind: object.kind }
    }
  }
  return { status: 'known', input }
}

function namedTwice({ policy: { authorities } }: Matched): string | undefined {
  const names = authorities.map(({ name }) => name)
  return names.find((name, index) => names.indexOf(name) !== index)
}

function unknownInput(message: string, code: Reason['code']): ProgramInputResult {
  return { status: 'unknown', reason: { code, step: 'program', message } }
}

function authorityMatches(
  { policy, authorities }: Matched,
  withPredicates: boolean,
): Readonly<Record<string, unknown>> {
  const matches: [string, unknown][] = []
  for (const [index, outcome] of authorities.entries()) {
    const authority = policy.authorities[index]
    if (authority === undefined || outcome.status !== 'met') continue
    if (authority.kind === 'static') matches.push([authority.name, { static: true }])
    else if (authority.attestations.length === 0)
      matches.push([authority.name, { signatures: proofsOf(outcome).map(describeSigner) }])
    else {
      const attestations = outcome.parts.map(
        (part) =>
          [
            part.rule.name,
            proofsOf(part).map((proof) => describeAttestation(proof, withPredicates)),
          ] as const,
      )
      matches.push([authority.name, { attestations: Object.fromEntries(attestations) }])
    }
  }
  return Object.fromEntries(matches)
}

function describeAttestation(proof: Proof, withPredicates: boolean): unknown {
  const statement = proof.content.kind === 'statement' ? proof.content.statement : undefined
  return {
    ...describeSigner(proof),
    predicateType: statement?.predicateType ?? '',
    digest: proof.subject,
    ...(withPredicates ? { predicate: statement?.predicate ?? null } : {}),
  }
}

function describeSigner(proof: Proof): Readonly<Record<string, string>> {
  const id = sourceOf(proof)
  if (proof.signer.kind === 'key') return { id }
  const { subject, issuer, extensions } = proof.signer.identity
  return {
    id,
    subject,
    issuer,
    githubWorkflowTrigger: extensions['githubWorkflowTrigger'] ?? '',
    githubWorkflowSha: extensions['githubWorkflowSHA'] ?? '',
    githubWorkflowName: extensions['githubWorkflowName'] ?? '',
    githubWorkflowRepo: extensions['githubWorkflowRepository'] ?? '',
    githubWorkflowRef: extensions['githubWorkflowRef'] ?? '',
  }
}

import type { Decision } from '../policy/decision.ts'
import type { Reason } from '../policy/reason.ts'
import { branch, facts, type Branch } from './branch.ts'

/** What a tree tells of a decision: a part of `DecisionDocument`, made now or read from a record of then. */
export interface ToldDecision {
  readonly verdict: Decision['verdict']
  readonly image: string
  readonly digest: string | null
  readonly policies: readonly ToldPolicy[]
  readonly because: readonly ToldReason[]
  readonly warnings: readonly ToldReason[]
}

export interface ToldPolicy extends ToldOutcome {
  readonly at: string
  readonly mode: string
  readonly effect: string
}

export interface ToldOutcome {
  readonly status: 'met' | 'unmet' | 'undecided'
  readonly kind: string
  readonly name: string
  readonly because: readonly ToldReason[]
  readonly by: readonly ToldEvidence[]
  readonly parts: readonly ToldOutcome[]
}

/** A reason, whose code and step may come from another version of the tool. */
export type ToldReason = Readonly<Record<'code' | 'step' | 'message', string>> &
  Readonly<Partial<Pick<Reason, 'on' | 'expected' | 'got' | 'hint'>>>

export interface ToldEvidence {
  readonly kind: string
  readonly signer?: ToldSigner
  readonly times?: readonly { readonly at: string; readonly by: string }[]
  readonly weakened?: readonly string[]
  readonly distroless?: string
  readonly evidence?: readonly string[]
  readonly action?: string
  readonly digest?: string
  readonly language?: string
  readonly remark?: string
}

export type ToldSigner =
  | { readonly kind: 'key'; readonly keyId: string }
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string }

/** A decision as a tree: every policy, rule and authority with what was found, down to the evidence. */
export function decisionTree(decision: ToldDecision): Branch {
  const { verdict, image, digest, policies, because, warnings } = decision
  const name = digest === null || image.endsWith(`@${digest}`) ? image : `${image}@${digest}`
  return branch(`${verdict.toUpperCase()}  ${name}`, [
    ...(digest === null ? [branch('the digest was not looked up')] : []),
    ...because.map(reasonBranch),
    ...policies.map(policyBranch),
    ...warnings.map((warning) => branch(`warning: ${warning.message} [${warning.code}]`)),
  ])
}

function policyBranch(policy: ToldPolicy): Branch {
  const effect = effects[policy.effect] ?? `, with the effect ${policy.effect}`
  const head = `policy ${policy.name} (${policy.at}), mode ${policy.mode}: ${words[policy.status]}${effect}`
  return branch(head, below(policy))
}

const effects: Readonly<Record<string, string>> = {
  counts: '',
  warns: ', and the mode lets it through with a warning',
  records: ', and the mode lets it through and records it',
  excepted: ', and an exception lets it through',
}

const words = { met: 'met', unmet: 'NOT MET', undecided: 'COULD NOT TELL' } as const

function outcomeBranch(outcome: ToldOutcome): Branch {
  return branch(`${outcome.kind} ${outcome.name}: ${words[outcome.status]}`, below(outcome))
}

function below({ because, by, parts }: ToldOutcome): readonly Branch[] {
  return [...because.map(reasonBranch), ...by.map(evidenceBranch), ...parts.map(outcomeBranch)]
}

function reasonBranch({ code, step, message, ...around }: ToldReason): Branch {
  const { on, expected, got, hint } = around
  return branch(`${step}: ${message} [${code}]`, facts({ on, expected, got, hint }))
}

function evidenceBranch(evidence: ToldEvidence): Branch {
  const { signer, times = [], weakened = [], evidence: lines = [] } = evidence
  if (signer !== undefined) {
    const who = signer.kind === 'key' ? `key ${signer.keyId}` : signer.subject
    return branch(`signed by ${who}`, [
      ...facts(signer.kind === 'key' ? {} : { issuer: signer.issuer }),
      ...times.map(({ at, by }) => branch(`at ${at}, by ${by}`)),
      ...weakened.map((check) => branch(`WEAKENED: ${check.replaceAll('-', ' ')}`)),
    ])
  }
  const { kind, distroless, action, digest, language, remark } = evidence
  return branch(kind, [
    ...facts({ distroless, action, digest, language, remark }),
    ...lines.map((line) => branch(line)),
  ])
}

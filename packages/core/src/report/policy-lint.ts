import { redact } from '@assay/registry'
import type { PolicyFile } from '../policy/parse-policy-file.ts'
import { describeProblem } from '../policy/problem.ts'
import type { PolicyProblem, PolicyWarning } from '../policy/problem.ts'

/** The JSON output of `policy lint`. Its fields only grow within one schema version. */
export interface PolicyLintDocument {
  readonly schema: 'assay.policy-lint/v1'
  /** Whether every document would be accepted. Warnings do not change it. */
  readonly ok: boolean
  /** In the order of the files. */
  readonly policies: readonly { readonly name: string; readonly at: string; readonly semantics: string }[]
  readonly trustRoots: readonly { readonly name: string; readonly at: string }[]
  readonly problems: readonly PolicyProblem[]
  readonly warnings: readonly PolicyWarning[]
}

/** What was found in policy files, as plain data. */
export function policyLintDocument(file: PolicyFile): PolicyLintDocument {
  const { policies, trustRoots, problems, warnings } = file
  return {
    schema: 'assay.policy-lint/v1',
    ok: problems.length === 0,
    policies: policies.map(({ name, file: path, at, semantics }) => ({
      name,
      at: `${path}:${at.line}`,
      semantics,
    })),
    trustRoots: trustRoots.map(({ name, file: path, at }) => ({ name, at: `${path}:${at.line}` })),
    problems,
    warnings,
  }
}

/** What was found in policy files, for people: a line each, as editors understand it, then the sum. */
export function renderPolicyLint(file: PolicyFile): string {
  const { ok, policies, trustRoots, problems, warnings } = policyLintDocument(file)
  const lines = [
    ...problems.map((problem) => `${describeProblem(problem)} [${problem.code}]`),
    ...warnings.map((warning) => `${describeProblem(warning)} [${warning.code}, warning]`),
  ]
  const sum = ok
    ? `ACCEPTED ${count(policies.length, 'policy', 'policies')}, ${count(trustRoots.length, 'trust root', 'trust roots')}`
    : `REFUSED ${count(problems.length, 'problem', 'problems')}`
  const warned = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning', 'warnings')}`
  return `${[...lines.map(redact), `${sum}${warned}`].join('\n')}\n`
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`
}

import { everyReasonOf } from '../policy/outcome.ts'
import type { CaseResult } from '../policy-test/run-policy-tests.ts'
import { decisionDocument, type DecisionDocument } from './gate-document.ts'

/** The JSON output of `policy test`. Its fields only grow within one schema version. */
export interface PolicyTestDocument {
  readonly schema: 'assay.policy-test/v1'
  readonly ok: boolean
  readonly cases: readonly CaseDocument[]
}

export interface CaseDocument {
  readonly test: string
  readonly name: string
  readonly file: string
  readonly line: number
  readonly status: CaseResult['status']
  readonly expected: { readonly verdict: string; readonly because: readonly string[] }
  /** Null where nobody could tell. */
  readonly got: { readonly verdict: string; readonly because: readonly string[] } | null
  readonly decision: DecisionDocument | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The results as plain data, in the order of the files. */
export function policyTestDocument(results: readonly CaseResult[]): PolicyTestDocument {
  return {
    schema: 'assay.policy-test/v1',
    ok: results.length > 0 && results.every(({ status }) => status === 'passed'),
    cases: results.map(caseDocument),
  }
}

/** The codes of a decision's reasons, each once, in their order. */
export function codesOf(result: Exclude<CaseResult, { readonly status: 'broken' }>): readonly string[] {
  return [...new Set(everyReasonOf(result.decision).map(({ code }) => code))]
}

function caseDocument(result: CaseResult): CaseDocument {
  const { test, case: one, status } = result
  const described = {
    test: test.name,
    name: one.name,
    file: test.file,
    line: one.at.line,
    status,
    expected: { verdict: one.expect, because: one.because },
  }
  if (result.status === 'broken') {
    const { code, message } = result.error
    return { ...described, got: null, decision: null, error: { code, message } }
  }
  const got = { verdict: result.decision.verdict, because: codesOf(result) }
  return { ...described, got, decision: decisionDocument(result.decision), error: null }
}

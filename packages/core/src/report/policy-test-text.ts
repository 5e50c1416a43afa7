import { redact } from '@assay/registry'
import { everyReasonOf } from '../policy/outcome.ts'
import type { CaseResult } from '../policy-test/run-policy-tests.ts'
import { reasonLine } from './gate-reasons.ts'
import { codesOf } from './policy-test-document.ts'

const maxReasons = 10

/** The results for people: a line a case, what differs below it, and the counts last. */
export function renderPolicyTests(
  results: readonly CaseResult[],
  { color }: { readonly color: boolean },
): string {
  const paint = (code: string, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text)
  const lines = results.flatMap((result) => {
    const { word, code } = words[result.status]
    const head = redact(`${result.test.name}: ${result.case.name}`)
    return [`${paint(code, word)}  ${head}`, ...detailsOf(result).map((line) => redact(line))]
  })
  const count = (status: CaseResult['status']): number =>
    results.filter((result) => result.status === status).length
  const broken = count('broken') === 0 ? '' : `, ${count('broken')} could not be run`
  const summary = `${results.length} cases: ${count('passed')} passed, ${count('failed')} failed${broken}`
  return `${[...lines, '', summary].join('\n')}\n`
}

const words = {
  passed: { word: 'PASS', code: '32' },
  failed: { word: 'FAIL', code: '31' },
  broken: { word: 'BROKEN', code: '33' },
} as const

function detailsOf(result: CaseResult): readonly string[] {
  if (result.status === 'passed') return []
  const { test, case: one } = result
  const expected = [one.expect, ...(one.because.length === 0 ? [] : [`because ${one.because.join(', ')}`])]
  const head = [
    `  at        ${test.file}:${one.at.line}:${one.at.column}`,
    `  expected  ${expected.join(' ')}`,
  ]
  if (result.status === 'broken') {
    const { code, message, on, hint } = result.error
    return [
      ...head,
      `  got       ${message} [${code}]`,
      ...(on === undefined ? [] : [`  on        ${on}`]),
      ...(hint === undefined ? [] : [`  hint      ${hint}`]),
    ]
  }
  const codes = codesOf(result)
  const got = [result.decision.verdict, ...(codes.length === 0 ? [] : [`because ${codes.join(', ')}`])]
  const reasons = everyReasonOf(result.decision).slice(0, maxReasons)
  return [
    ...head,
    `  got       ${got.join(' ')}`,
    ...reasons.map((reason) => `  because   ${reasonLine({ where: '', reason })}`),
  ]
}

import type { CaseResult } from '../policy-test/run-policy-tests.ts'
import { policyTestDocument, type CaseDocument } from './policy-test-document.ts'
import { xmlText } from './xml-text.ts'

/** The results as JUnit XML: a test case a case; one that could not be run is an error. */
export function policyTestJunit(results: readonly CaseResult[]): string {
  const { cases } = policyTestDocument(results)
  const count = (status: CaseResult['status']): number => cases.filter((one) => one.status === status).length
  const counts = `tests="${cases.length}" failures="${count('failed')}" errors="${count('broken')}"`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="assay policy test" ${counts}>`,
    ...cases.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function testCase(one: CaseDocument): readonly string[] {
  const place = `file="${xmlText(one.file)}" line="${one.line}"`
  const head = `    <testcase classname="${xmlText(one.test)}" name="${xmlText(one.name)}" ${place}`
  if (one.status === 'passed') return [`${head}/>`]
  const kind = one.status === 'failed' ? 'failure' : 'error'
  const got = one.got === null ? (one.error?.message ?? '') : described(one.got)
  const message = xmlText(`expected ${described(one.expected)}, got ${got}`)
  return [
    `${head}>`,
    `      <${kind} type="${xmlText(one.error?.code ?? 'DIFFERS')}" message="${message}"/>`,
    '    </testcase>',
  ]
}

function described({ verdict, because }: CaseDocument['expected']): string {
  return because.length === 0 ? verdict : `${verdict} because ${because.join(', ')}`
}

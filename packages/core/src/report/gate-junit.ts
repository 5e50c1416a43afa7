import type { Decision, GateReport } from '../policy/decision.ts'
import { pinnedName } from './gate-document.ts'
import { policyReasons, reasonLine } from './gate-reasons.ts'
import { xmlText } from './xml-text.ts'

/** The gate's answer as JUnit XML: a test case an image; a denied one failed, an undecided one is an error. */
export function gateJunit({ decisions }: GateReport): string {
  const count = (verdict: Decision['verdict']): number =>
    decisions.filter((decision) => decision.verdict === verdict).length
  const counts = `tests="${decisions.length}" failures="${count('deny')}" errors="${count('undecided')}"`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="assay gate" ${counts}>`,
    ...decisions.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function testCase(decision: Decision): readonly string[] {
  const [place] = decision.places ?? []
  const file = place === undefined ? '' : ` file="${xmlText(place.file)}" line="${place.line}"`
  const head = `    <testcase classname="assay.gate" name="${xmlText(pinnedName(decision))}"${file}`
  if (decision.verdict === 'allow') return [`${head}/>`]
  const reasons = [...decision.because.map((reason) => ({ where: '', reason })), ...policyReasons(decision)]
  const [kind, message] = decision.verdict === 'deny' ? ['failure', 'denied'] : ['error', 'undecided']
  const text = reasons.map(reasonLine).join('\n')
  const type = xmlText(reasons[0]?.reason.code ?? 'NO_REASON')
  return [
    `${head}>`,
    `      <${kind} type="${type}" message="${message}">${xmlText(text)}</${kind}>`,
    '    </testcase>',
  ]
}

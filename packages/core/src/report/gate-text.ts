import { redact } from '@assay/registry'
import type { Decision, Evidence, GateReport, Outcome, PolicyOutcome } from '../policy/decision.ts'
import type { Reason } from '../policy/reason.ts'
import { pinnedName } from './gate-document.ts'
import { policyReasons, reasonLine } from './gate-reasons.ts'
import { proofLine } from './proof-line.ts'

export interface GateTextOptions {
  readonly color: boolean
}

/** The reasons that stand above the tree; all of them stand in it. */
const maxReasonLines = 10

/** The gate's answer for people: the verdict, a line for each reason, then every policy and rule as a tree. */
export function renderGate(report: GateReport, options: GateTextOptions): string {
  const blocks = report.decisions.map((decision) => decisionLines(decision, options).join('\n'))
  const [first = '', ...others] = blocks
  const counts = others.length === 0 ? [] : [summary(report)]
  return `${[first, ...others, ...counts].join('\n\n')}\n`
}

const verdicts = {
  allow: { word: 'ALLOW', color: '32' },
  deny: { word: 'DENY', color: '31' },
  undecided: { word: 'UNDECIDED', color: '33' },
} as const

function decisionLines(decision: Decision, options: GateTextOptions): readonly string[] {
  const { word, color } = verdicts[decision.verdict]
  const lines = [
    ...summaryLines(decision),
    ...placeLines(decision),
    ...attestedLine(decision),
    ...(decision.subject === undefined ? ['  digest     not looked up'] : []),
    ...decision.policies.flatMap(policyLines),
    ...decision.warnings.map((reason) => `  warning    ${reasonLine({ where: '', reason })}`),
  ]
  return [`${paint(color, word, options)} ${redact(pinnedName(decision))}`, ...lines.map(redact)]
}

/** The places that the report names before it only counts them. */
const maxPlaces = 5

function placeLines({ places = [] }: Decision): readonly string[] {
  const shown = places.slice(0, maxPlaces)
  const left = places.length - shown.length
  return [
    ...shown.map(({ file, line, column, path }) => `  named      ${file}:${line}:${column} ${path}`),
    ...(left === 0 ? [] : [`  named      in ${left} more places`]),
  ]
}

/** For someone in a hurry: nothing but why. */
function summaryLines(decision: Decision): readonly string[] {
  const passed = passedLines(decision)
  if (decision.verdict === 'allow' && decision.letThrough !== true) return passed
  // What no policy says stands nowhere else: all of it, with what is around it.
  const own = decision.because.flatMap((reason) => [
    `  because    ${reasonLine({ where: '', reason })}`,
    ...aroundLines(reason, '             '),
  ])
  const reasons = policyReasons(decision)
  const shown = reasons.slice(0, maxReasonLines).map((reason) => `  because    ${reasonLine(reason)}`)
  const left = reasons.length - shown.length
  return [...passed, ...own, ...shown, ...(left === 0 ? [] : [`  because    ${left} more reasons, below`])]
}

function attestedLine({ summary: attested }: Decision): readonly string[] {
  return attested === undefined ? [] : [`  attested   ${attested.result} as ${attested.manifest}`]
}

/** Whatever was let through is said before anything else. */
function passedLines({ letThrough, breakGlass, partOf, remembered }: Decision): readonly string[] {
  const glass =
    breakGlass === undefined
      ? []
      : [
          `  glass      ${glassWords[breakGlass.outcome]} by ${breakGlass.user ?? 'nobody named'}: ${breakGlass.reason}`,
        ]
  const part = partOf === undefined ? [] : [`  part of    ${partOf}`]
  const since = remembered === undefined ? [] : [`  decided    at ${remembered}, and remembered`]
  return [
    ...part,
    ...since,
    ...(letThrough === true ? ['  LET THROUGH, and allowed by no policy'] : []),
    ...glass,
  ]
}

const glassWords = { applied: 'BROKEN', refused: 'not broken', 'not-needed': 'broken without need' } as const

function policyLines(policy: PolicyOutcome): readonly string[] {
  const head = `  policy     ${policy.policy} (${policy.at}): ${words[policy.outcome.status]}${effects[policy.effect](policy)}`
  const own =
    policy.outcome.status === 'met'
      ? []
      : policy.outcome.because.flatMap((reason) => reasonLines(reason, '    '))
  return [head, ...own, ...policy.outcome.parts.flatMap((part) => outcomeLines(part, '    '))]
}

const words = { met: 'met', unmet: 'NOT MET', undecided: 'COULD NOT TELL' } as const

const effects: Readonly<Record<PolicyOutcome['effect'], (policy: PolicyOutcome) => string>> = {
  counts: () => '',
  warns: () => ', and mode warn lets it through',
  records: () => ', and mode audit lets it through',
  excepted: () => ', and an exception lets it through',
}

function outcomeLines(outcome: Outcome, indent: string): readonly string[] {
  const { kind, name } = outcome.rule
  const inner = `${indent}  `
  const head = `${indent}${kind} ${name}: ${words[outcome.status]}`
  const parts = outcome.parts.flatMap((part) => outcomeLines(part, inner))
  if (outcome.status === 'met')
    return [head, ...outcome.by.map((evidence) => `${inner}${evidenceLine(evidence)}`), ...parts]
  return [head, ...outcome.because.flatMap((reason) => reasonLines(reason, inner)), ...parts]
}

function reasonLines(reason: Reason, indent: string): readonly string[] {
  const { code, step, message } = reason
  return [`${indent}${step}: ${message} [${code}]`, ...aroundLines(reason, `${indent}  `)]
}

/** What stands around a reason: on what, wanted and found, and what to do. */
function aroundLines({ on, expected, got, hint }: Reason, inner: string): readonly string[] {
  return [
    ...(on === undefined ? [] : [`${inner}on        ${on}`]),
    ...(expected === undefined ? [] : [`${inner}expected  ${expected}`]),
    ...(got === undefined ? [] : [`${inner}got       ${got}`]),
    ...(hint === undefined ? [] : [`${inner}hint      ${hint}`]),
  ]
}

function evidenceLine(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'proof':
      return proofLine(evidence.proof)
    case 'remembered':
      return evidence.remembered.line
    case 'inspection':
      return `inspected: ${evidence.inspection.distroless}`
    case 'static':
      return 'passes everything'
    case 'reference':
      return `named by digest ${evidence.digest}`
    case 'program':
      return `the ${evidence.language} program says yes${evidence.remark === undefined ? '' : `; NOTE: ${evidence.remark}`}`
  }
  throw new Error('unknown evidence')
}

function summary({ decisions }: GateReport): string {
  const count = (verdict: Decision['verdict']): number =>
    decisions.filter((decision) => decision.verdict === verdict).length
  return `${decisions.length} images: ${count('allow')} allowed, ${count('deny')} denied, ${count('undecided')} undecided`
}

function paint(code: string, text: string, { color }: GateTextOptions): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text
}

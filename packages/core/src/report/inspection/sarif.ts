import { redact } from '@assay/registry'
import { allChecks } from '../../inspect/all-checks.ts'
import type { InspectionJudgement } from '../../inspect/demand/judge-inspection.ts'
import type { Severity } from '../../inspect/finding.ts'
import type { FindingReport, ImageReport, InspectionReport } from '../../inspect/inspection-report.ts'
import { ruleHelp } from './rule-help.ts'

/**
 * An inspection as SARIF 2.1.0 (OASIS), for code scanning: one result for each finding, and one for each demand that
 * is not met or could not be decided.
 */
export function inspectionSarif(
  report: InspectionReport,
  judgement: InspectionJudgement,
  version: string,
): unknown {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'assay inspect', semanticVersion: version, rules } },
        invocations: [
          {
            executionSuccessful: judgement.status !== 'undecided',
            toolExecutionNotifications: notifications(report),
          },
        ],
        results: [
          ...demandResults(report, judgement),
          ...report.images.flatMap((image) =>
            image.findings.map((finding) => findingResult(report, image, finding)),
          ),
        ],
        properties: {
          reference: text(report.reference),
          digest: report.digest,
          verdict: report.verdict,
          ruleset: report.ruleset,
          demands: judgement.status,
        },
      },
    ],
  }
}

type Level = 'error' | 'warning' | 'note'

const levels: Readonly<Record<Severity, Level>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}

/** What GitHub sorts alerts by: above 9 critical, above 7 high, above 4 medium. */
const scores: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
}

const demandRule = 'demand'

const rules: readonly unknown[] = [
  ...allChecks.map(({ rule }) => ({
    id: rule.id,
    name: rule.id,
    shortDescription: { text: rule.title },
    help: { text: ruleHelp(rule.id) },
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { class: rule.class, severity: rule.severity, 'security-severity': scores[rule.severity] },
  })),
  {
    id: demandRule,
    name: demandRule,
    shortDescription: { text: 'The image is not what was asked for, or that could not be decided.' },
    help: { text: 'See --fail-on, --require-distroless and --require-accounted in docs/inspect.md.' },
    defaultConfiguration: { level: 'error' },
  },
]

const indexOfRule: ReadonlyMap<string, number> = new Map([
  ...allChecks.map(({ rule }, index): [string, number] => [rule.id, index]),
  [demandRule, allChecks.length],
])

function demandResults(report: InspectionReport, { because }: InspectionJudgement): readonly unknown[] {
  return because.map((reason) => ({
    ruleId: demandRule,
    ruleIndex: indexOfRule.get(demandRule),
    level: 'error',
    message: { text: text(reason) },
    locations: [imageLocation(report)],
  }))
}

function findingResult(report: InspectionReport, image: ImageReport, finding: FindingReport): unknown {
  const { rule, severity, message, evidence, exception } = finding
  const { path, layer } = evidence
  return {
    ruleId: rule,
    ruleIndex: indexOfRule.get(rule),
    level: levels[severity],
    message: { text: text(message) },
    locations: [path === null ? imageLocation(report) : fileLocation(image, path, layer)],
    partialFingerprints: { 'finding/v1': text([rule, image.platform, path ?? message].join(' ')) },
    suppressions:
      exception === null
        ? []
        : [
            {
              kind: 'external',
              status: 'accepted',
              justification: text(`${exception.reason} (until ${exception.expires})`),
            },
          ],
    properties: { platform: image.platform, severity, ...evidence, path: path === null ? null : text(path) },
  }
}

function fileLocation(image: ImageReport, path: string, layer: number | null): unknown {
  const place = layer === null ? path : `layer ${layer} ${path}`
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(path) } },
    logicalLocations: [{ fullyQualifiedName: text(`${image.digest} ${place}`), kind: 'member' }],
  }
}

function imageLocation({ reference }: InspectionReport): unknown {
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(reference) } },
    logicalLocations: [{ fullyQualifiedName: text(reference), kind: 'resource' }],
  }
}

/** What does not stand among the results: what was not read, and findings that were left out. */
function notifications({ images }: InspectionReport): readonly unknown[] {
  return images.flatMap((image) => [
    ...image.layers.flatMap(({ index, failure }) =>
      failure === null
        ? []
        : [{ level: 'error', message: { text: text(`${image.platform}: layer ${index}: ${failure}`) } }],
    ),
    ...Object.entries(image.unlisted).map(([rule, count]) => ({
      level: 'warning',
      message: { text: text(`${image.platform}: ${count} more findings of ${rule} are not listed`) },
    })),
  ])
}

/** A relative reference (SARIF §3.4.3) with each part escaped: no name is taken for a scheme or a host. */
function uriOf(path: string): string {
  return path.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/')
}

/** Text from the image: no control characters, no credentials. */
function text(value: string): string {
  return redact(value)
}

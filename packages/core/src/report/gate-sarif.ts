import { redact } from '@assay/registry'
import type { GateReport } from '../policy/decision.ts'
import { gateFindings, type GateFinding } from './gate-findings.ts'

/** The gate's answer as SARIF 2.1.0 (OASIS), for code scanning: one result for each reason and place. */
export function gateSarif(report: GateReport): unknown {
  const findings = gateFindings(report)
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'assay gate',
            rules: codes.map((id) => ({
              id,
              shortDescription: { text: id.toLowerCase().replaceAll('_', ' ') },
            })),
          },
        },
        results: findings.map((finding) => result(finding, codes)),
      },
    ],
  }
}

function result(finding: GateFinding, codes: readonly string[]): unknown {
  const { at, code, image, level, message } = finding
  const physical =
    at === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(at.file) },
            region: { startLine: at.line, startColumn: at.column },
          },
        }
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level,
    message: { text: redact(message) },
    locations: [{ ...physical, logicalLocations: [{ fullyQualifiedName: redact(image), kind: 'resource' }] }],
  }
}

/** A relative path stays relative (SARIF §3.4.3), with each part escaped. */
function uriOf(path: string): string {
  return path.replaceAll('\\', '/').replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/')
}

import { redact } from '@assay/registry'
import type { GateReport } from '../policy/decision.ts'
import { gateFindings } from './gate-findings.ts'

/** The gate's answer as workflow commands, which GitHub Actions shows beside the line that names the image. */
export function gateAnnotations(report: GateReport): string {
  const lines = gateFindings(report).map(({ level, code, message, at }) => {
    const place = at === undefined ? [] : [`file=${property(at.file)}`, `line=${at.line}`, `col=${at.column}`]
    return `::${level} ${[...place, `title=${property(`assay gate: ${code}`)}`].join(',')}::${data(message)}`
  })
  const { decisions } = report
  const allowed = decisions.filter(({ verdict }) => verdict === 'allow').length
  return `${[...lines, `assay gate: ${allowed} of ${decisions.length} images allowed`].join('\n')}\n`
}

/** The runner's own escapes (actions/toolkit, command.ts). */
function data(text: string): string {
  return redact(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

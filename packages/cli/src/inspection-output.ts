import {
  inspectionDocument,
  inspectionHtml,
  inspectionSarif,
  renderInspection,
  type BaseVerification,
  type InspectionJudgement,
  type InspectionReport,
} from '@assay/core'
import { version } from './version.ts'
import { jsonText } from './json-text.ts'

/** The forms of a report; the first one is for people at a terminal. */
export const inspectionFormats = ['text', 'json', 'sarif', 'html'] as const

export interface InspectionOutput {
  readonly format: (typeof inspectionFormats)[number]
  readonly color: boolean
  readonly base: BaseVerification | undefined
}

/** A report with what was demanded of it, in the form that was asked for. */
export function inspectionOutput(
  report: InspectionReport,
  judgement: InspectionJudgement,
  { format, color, base }: InspectionOutput,
): string {
  if (format === 'text')
    return renderInspection(report, { color, judgement, ...(base !== undefined && { base }) })
  if (format === 'html') return inspectionHtml(report, judgement, { version, base })
  const document =
    format === 'sarif'
      ? inspectionSarif(report, judgement, version)
      : inspectionDocument(report, judgement, base)
  return jsonText(document)
}

import {
  inspectionDocument,
  inspectionHtml,
  inspectionSarif,
  renderInspection,
  type InspectionJudgement,
  type InspectionReport,
} from '@assay/core'
import { version } from './version.ts'

/** The forms of a report; the first one is for people at a terminal. */
export const inspectionFormats = ['text', 'json', 'sarif', 'html'] as const

export interface InspectionOutput {
  readonly format: (typeof inspectionFormats)[number]
  readonly color: boolean
}

/** A report with what was demanded of it, in the form that was asked for. */
export function inspectionOutput(
  report: InspectionReport,
  judgement: InspectionJudgement,
  { format, color }: InspectionOutput,
): string {
  if (format === 'text') return renderInspection(report, { color, judgement })
  if (format === 'html') return inspectionHtml(report, judgement, version)
  const document =
    format === 'sarif' ? inspectionSarif(report, judgement, version) : inspectionDocument(report, judgement)
  return `${JSON.stringify(document, null, 2)}\n`
}

import type { BaseVerification } from '../base/verify-base.ts'
import { baseDocument, type BaseDocument } from './inspection/base-document.ts'
import type { InspectionJudgement } from '../inspect/demand/judge-inspection.ts'
import type { InspectionReport } from '../inspect/inspection-report.ts'

/** A report with what the caller's demands came to: what `assay inspect --output json` prints. */
export interface InspectionDocument extends InspectionReport {
  /** Everything could be read, and is as demanded. */
  readonly ok: boolean
  /** Why not. */
  readonly because: readonly string[]
  /** What is known of the base, where one was named. */
  readonly base?: BaseDocument
}

/** Puts a report and its judgement into one document. */
export function inspectionDocument(
  report: InspectionReport,
  { status, because }: InspectionJudgement,
  base?: BaseVerification,
): InspectionDocument {
  const { schema, ...rest } = report
  return {
    schema,
    ok: status === 'met',
    because,
    ...(base === undefined ? {} : { base: baseDocument(base) }),
    ...rest,
  }
}

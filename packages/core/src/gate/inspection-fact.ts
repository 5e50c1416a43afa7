import type { InspectionReport } from '../inspect/inspection-report.ts'
import type { InspectionFact } from '../policy/facts.ts'

/** What policies may know of an inspection: the worst verdict, and every reason that stands in the way of a better one. */
export function inspectionFact(report: InspectionReport): InspectionFact {
  const several = report.images.length > 1
  return {
    distroless: report.verdict,
    evidence: report.images.flatMap(({ platform, reasons }) =>
      reasons.map((reason) => (several ? `${platform}: ${reason}` : reason)),
    ),
  }
}

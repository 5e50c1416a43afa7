import { redact } from '@assay/registry'
import type { InspectionReport } from '../inspect/inspection-report.ts'
import type { InspectionFact } from '../policy/facts.ts'

const maxLines = 20

/** What a policy needs to know of an inspection: the worst verdict of all platforms, and what decided it. */
export function inspectionFact(report: InspectionReport): InspectionFact {
  const several = report.images.length > 1
  const evidence = report.images
    .filter(({ verdict }) => verdict === report.verdict)
    .flatMap(({ platform, reasons }) =>
      reasons.map((reason) => redact(several ? `${platform}: ${reason}` : reason)),
    )
  const unread = report.others
    .filter(({ mayRun }) => mayRun)
    .map(({ kind, digest }) => `${kind} ${digest} in the index was not read, and a runtime might run it`)
  return { distroless: report.verdict, evidence: [...unread, ...evidence].slice(0, maxLines) }
}

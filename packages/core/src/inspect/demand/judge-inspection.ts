import { atLeast, type Severity } from '../finding.ts'
import type { ImageReport, InspectionReport } from '../inspection-report.ts'

/** What somebody asks of an image. Nothing asked is always met, if everything could be read. */
export interface InspectionDemand {
  /** No finding of at least this severity, exceptions aside. */
  readonly failOn?: Severity
  /** The verdict that is asked for, or a better one. */
  readonly distroless?: 'strict' | 'effective'
  /** Every program is explained by a package, a declared runtime, the config or an exception. */
  readonly accounted?: boolean
}

/** Whether an image is what was asked for. `undecided`: something could not be read, and what was read is fine. */
export interface InspectionJudgement {
  readonly status: 'met' | 'unmet' | 'undecided'
  /** Why not, for each platform; empty where it is met. */
  readonly because: readonly string[]
}

/** Compares a report with what was asked for. A certain no outranks "could not tell", which outranks yes. */
export function judgeInspection(report: InspectionReport, demand: InspectionDemand): InspectionJudgement {
  const several = report.images.length > 1
  const named = (image: ImageReport, reasons: readonly string[]): readonly string[] =>
    reasons.map((reason) => (several ? `${image.platform}: ${reason}` : reason))
  const refusals = report.images.flatMap((image) => named(image, refusalsOf(image, demand)))
  if (refusals.length > 0) return { status: 'unmet', because: refusals }
  const open =
    demand.accounted === true ? report.images.flatMap((image) => named(image, image.programs.undecided)) : []
  if (report.verdict !== 'undecidable')
    return open.length === 0 ? { status: 'met', because: [] } : { status: 'undecided', because: open }
  const unread = report.images.filter((image) => image.verdict === 'undecidable')
  const reasons = unread.flatMap((image) => named(image, image.reasons))
  return {
    status: 'undecided',
    because: reasons.length > 0 ? reasons : ['something that the index lists could not be read'],
  }
}

function refusalsOf(image: ImageReport, demand: InspectionDemand): readonly string[] {
  return [
    ...findingRefusals(image, demand),
    ...verdictRefusals(image, demand),
    ...programRefusals(image, demand),
  ]
}

/** Findings that are not listed are no more severe than those of their rule that are. */
function findingRefusals(image: ImageReport, { failOn }: InspectionDemand): readonly string[] {
  if (failOn === undefined) return []
  const counted = image.findings.filter(
    (finding) => finding.exception === null && atLeast(finding.severity, failOn),
  )
  const [worst] = counted
  if (worst === undefined) return []
  const more = counted.length > 1 ? `, and ${counted.length - 1} more` : ''
  return [`a finding of severity ${worst.severity} (${worst.rule}): ${worst.message}${more}`]
}

function verdictRefusals({ verdict }: ImageReport, { distroless }: InspectionDemand): readonly string[] {
  if (distroless === undefined || verdict === 'undecidable') return []
  const good =
    distroless === 'strict' ? verdict === 'strict' : verdict === 'strict' || verdict === 'effective'
  return good ? [] : [`the distroless verdict is ${verdict}, ${distroless} is required`]
}

function programRefusals(
  { programs, verdict }: ImageReport,
  { accounted }: InspectionDemand,
): readonly string[] {
  const { unexplainedCount, unexplained } = programs
  // A database that could not be read may explain it.
  const undecided = verdict === 'undecidable' || programs.undecided.length > 0
  if (accounted !== true || unexplainedCount === 0 || undecided) return []
  const [first = ''] = unexplained
  const more = unexplainedCount > 1 ? `, and ${unexplainedCount - 1} more` : ''
  return [`nothing explains the program ${first}${more}`]
}

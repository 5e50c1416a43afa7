import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Finding, RuleClass } from '../finding.ts'
import { digestsOf, type InspectedImage } from '../inspected-image.ts'

/** What somebody answers for: a finding that does not count, why, and until when. */
export interface Exception {
  /** The id of a rule, or `unexplained` for a program that nothing else explains. */
  readonly rule: string
  /** Only findings about this path. Without it, all findings of the rule that name no file. */
  readonly path?: string
  /** Only while the file has this content. */
  readonly sha256?: string
  readonly reason: string
  /** The last day on which it counts, in UTC: `2027-01-31`. */
  readonly expires: string
}

/** Whether an exception still counts on a day. */
export function isCurrent({ expires }: Exception, now: Date): boolean {
  return now.toISOString().slice(0, 10) <= expires
}

/** The exception that a finding falls under. */
export function exceptionFor(inspected: InspectedImage, { rule, entry }: Finding): Exception | undefined {
  return matching(inspected, rule.id, entry)
}

/** The exception by which a program needs no other explanation. */
export function explains(inspected: InspectedImage, entry: LayerEntry): Exception | undefined {
  return matching(inspected, 'unexplained', entry)
}

/**
 * Kinds of programs that an exception can take out of the distroless verdict. No exception makes an image with a shell
 * or a package manager distroless: it only keeps the finding from failing `--fail-on`.
 */
export const excusableClasses: ReadonlySet<RuleClass> = new Set<RuleClass>([
  'interpreter',
  'core-utility',
  'compiler',
  'living-off-the-land',
])

function matching(
  inspected: InspectedImage,
  rule: string,
  entry: LayerEntry | undefined,
): Exception | undefined {
  if (inspected.exceptions.length === 0) return undefined
  const path = entry === undefined ? undefined : `/${displayPath(entry.path)}`
  return inspected.exceptions.find((exception) => {
    if (exception.rule !== rule || exception.path !== path) return false
    if (exception.sha256 === undefined) return true
    return entry !== undefined && digestsOf(inspected, entry).sha256 === exception.sha256
  })
}

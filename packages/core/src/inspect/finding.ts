import { displayPath } from '../image/layer-path.ts'
import type { LayerEntry } from '../image/layer.ts'
import type { ContentMatch } from '../image/content-facts.ts'

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info'

/** Most severe first. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']

/** Whether a severity is at least as bad as a threshold. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(threshold)
}

/** What a rule is about. Findings about programs decide the distroless verdict, the others are reported beside it. */
export type RuleClass =
  | 'shell'
  | 'multi-call'
  | 'package-manager'
  | 'interpreter'
  | 'core-utility'
  | 'network-tool'
  | 'compiler'
  | 'living-off-the-land'
  | 'privilege'
  | 'hidden'
  | 'world-writable'
  | 'root-user'
  | 'secret'
  | 'integrity'
  | 'script'
  | 'broken'

/** A rule: what it looks for, and how bad it is to find it. */
export interface Rule {
  readonly id: string
  readonly class: RuleClass
  readonly severity: Severity
  /** Runtimes disagree about what this finds, so it counts even where we see that its entry is gone. */
  readonly whateverBecame?: true
  /** What a finding means, in one sentence. */
  readonly title: string
}

/** Something that a rule found. */
export interface Finding {
  readonly rule: Rule
  /** Where it differs from the rule's. */
  readonly severity?: Severity
  readonly message: string
  /** The entry that shows it; undefined for findings about a layer or the config. */
  readonly entry?: LayerEntry
  /** The layer, where no entry shows it. */
  readonly layer?: number
  readonly match?: ContentMatch
  /** The file in the entry's content that shows it, as `InnerFile.path`. */
  readonly inner?: string
  /** What a digest should be, and what it is, each with its algorithm. */
  readonly digests?: { readonly expected: string; readonly got: string }
}

export function severityOf(finding: Finding): Severity {
  return finding.severity ?? finding.rule.severity
}

/** How a place is shown: the path in the container, and behind `!` that in an archive. */
export function placeOf(entry: LayerEntry, inner?: string): string {
  const path = `/${displayPath(entry.path)}`
  return inner === undefined || inner === '' ? path : `${path}!${displayPath(inner)}`
}

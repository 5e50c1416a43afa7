import type { Layer } from '../image/layer.ts'
import { LIMITS } from '../image/limits.ts'
import type { OverlayRemarkKind } from '../image/overlay.ts'
import type { Ambiguity } from '../image/tar-ambiguity.ts'
import { gaveUpWalking } from '../image/walk-budget.ts'
import { exceptionFor, excusableClasses } from './demand/exception.ts'
import { atLeast, severityOf, type Finding, type RuleClass } from './finding.ts'
import { isPresent, type InspectedImage } from './inspected-image.ts'

/**
 * Whether an image is distroless. `strict`: no layer holds a program that does not belong. `effective`: the
 * container sees none, though a lower layer ships one. `debug`: one added debug layer is all there is. `no`.
 * `undecidable`: something could not be read, which is never a yes.
 */
export type Verdict = 'strict' | 'effective' | 'debug' | 'no' | 'undecidable'

/** Best first. */
const order: readonly Verdict[] = ['strict', 'effective', 'debug', 'no', 'undecidable']

export interface VerdictWithReasons {
  readonly verdict: Verdict
  /** What decided it, most telling first; empty for `strict`. */
  readonly reasons: readonly string[]
}

/** The worse of several verdicts: what an index of several platforms gets. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return order[Math.max(...verdicts.map((verdict) => order.indexOf(verdict)))] ?? 'undecidable'
}

/** Decides from the findings and from what could not be read. */
export function decideVerdict(inspected: InspectedImage, findings: readonly Finding[]): VerdictWithReasons {
  const unread = unreadReasons(inspected)
  if (unread.length > 0) return { verdict: 'undecidable', reasons: unread }
  const shipped = findings.filter(
    (finding) =>
      programClasses.has(finding.rule.class) &&
      atLeast(severityOf(finding), 'high') &&
      !(excusableClasses.has(finding.rule.class) && exceptionFor(inspected, finding) !== undefined),
  )
  if (shipped.length === 0) return { verdict: 'strict', reasons: [] }
  const seen = shipped.filter(
    ({ entry, rule }) => entry === undefined || rule.whateverBecame === true || isPresent(inspected, entry),
  )
  if (seen.length === 0) return { verdict: 'effective', reasons: reasonsOf(shipped) }
  const verdict = isDebugLayer(seen) ? 'debug' : 'no'
  return { verdict, reasons: reasonsOf(seen) }
}

const programClasses: ReadonlySet<RuleClass> = new Set<RuleClass>([
  'shell',
  'multi-call',
  'package-manager',
  'interpreter',
  'core-utility',
  'network-tool',
  'compiler',
  'living-off-the-land',
  'privilege',
  'hidden',
])

/** What runtimes refuse to unpack: no container comes of such a layer, or another one than we see. */
const refusedEntries: ReadonlySet<Ambiguity> = new Set<Ambiguity>(['old-gnu-sparse', 'unknown-type'])
const refusedPlaces: ReadonlySet<OverlayRemarkKind> = new Set<OverlayRemarkKind>([
  'file-as-directory',
  'dangling-hardlink',
  'link-to-nowhere',
])

/** Why not everything that runtimes would unpack is known; empty where all of it is. */
export function unreadReasons({ layers, rootfs }: InspectedImage): readonly string[] {
  const refused = rootfs.remarks
    .filter((remark) => refusedPlaces.has(remark.kind))
    .map((remark) => remark.entry.layer)
  const unresolved = gaveUpWalking(rootfs.root)
    ? [`its links are too long to follow: more than ${LIMITS.namesWalked} names [LIMIT_EXCEEDED]`]
    : []
  const ofLayers = layers.flatMap((layer) => {
    if (layer.failure !== undefined) return [`layer ${layer.index}: ${failureText(layer.failure)}`]
    const odd = layer.entries.some((entry) =>
      entry.ambiguities.some((ambiguity) => refusedEntries.has(ambiguity)),
    )
    return odd || refused.includes(layer.index) ? [`layer ${layer.index}: runtimes refuse to unpack it`] : []
  })
  return [...ofLayers, ...unresolved]
}

/** Why a layer was not read, in one line. */
export function failureText(failure: NonNullable<Layer['failure']>): string {
  if (failure.kind === 'unknown-media-type') return `${failure.mediaType} is not a layer that can be read`
  if (failure.kind === 'absent') return 'the foreign layer is not here'
  const { code, message, expected, got, on } = failure.error
  const details = [
    on,
    expected === undefined ? undefined : `expected ${expected}`,
    got === undefined ? undefined : `got ${got}`,
  ]
  const known = details.filter((detail) => detail !== undefined)
  return `${message}${known.length === 0 ? '' : ` (${known.join(', ')})`} [${code}]`
}

/** All of it lies in /busybox and comes from one layer: what the `debug` variants of distroless images add. */
function isDebugLayer(findings: readonly Finding[]): boolean {
  const layers = new Set(findings.map((finding) => finding.entry?.layer ?? finding.layer))
  return layers.size === 1 && findings.every((finding) => finding.entry?.path.startsWith('busybox/') === true)
}

function reasonsOf(findings: readonly Finding[]): readonly string[] {
  const messages = findings.slice(0, 5).map((finding) => finding.message)
  const more = findings.length - messages.length
  return more > 0 ? [...messages, `and ${more} more`] : messages
}

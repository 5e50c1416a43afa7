import type { Proof } from '../verify/proof.ts'
import { sourceOf } from './candidates.ts'
import { describeDuration } from './duration.ts'
import type { Reason } from './reason.ts'

/** What a verification summary (VSA, slsa.dev/verification_summary/v1) has to say. */
export interface SummaryRule {
  /** `verifier.id`, exactly; it is this authority's signer that may be it. */
  readonly verifier: string
  /** `resourceUri`, exactly; `{repo}` stands for the image's repository. */
  readonly resource?: string
  /** `policy.uri`, exactly. */
  readonly policy?: string
  /** One of `policy.digest`, as `sha256:…`. */
  readonly policyDigest?: string
  /** At least these: SLSA levels by their track, others by name. */
  readonly levels: readonly string[]
  /** Milliseconds since `timeVerified`, and since the verified time of the signature. */
  readonly maxAge?: number
}

/** The summaries that satisfy a rule, and why the others do not. */
export interface SiftedSummaries {
  readonly good: readonly Proof[]
  readonly faults: readonly Reason[]
}

/**
 * Holds summaries against a rule. The latest one of the verifier about the resource decides: a later FAILED is
 * not outvoted by an earlier PASSED.
 */
export function siftSummaries(rule: SummaryRule, proofs: readonly Proof[], now: Date): SiftedSummaries {
  const read = proofs.map((proof) => ({ proof, summary: summaryOf(proof) }))
  const about = read.filter(({ summary }) => aboutFault(rule, summary) === undefined)
  const latest = Math.max(...about.map(({ summary }) => summary.timeVerified))
  const failed = Math.max(
    ...about.filter(({ summary }) => summary.result !== 'PASSED').map(({ summary }) => summary.timeVerified),
  )
  const good: Proof[] = []
  const faults: Reason[] = []
  for (const { proof, summary } of read) {
    const fault = aboutFault(rule, summary) ?? answerFault(rule, summary, { latest, failed, now })
    if (fault === undefined) good.push(proof)
    else faults.push({ code: 'SUMMARY_MISMATCH', step: 'content', on: sourceOf(proof), ...fault })
  }
  return { good, faults }
}

type Fault = Pick<Reason, 'message' | 'expected' | 'got'>

interface Summary {
  readonly verifier: string
  readonly resource: string
  readonly policy: string
  /** `policy.digest` as `algorithm:value`. */
  readonly policyDigests: readonly string[]
  readonly result: string
  readonly levels: readonly string[]
  /** Where it does not say, the earliest verified time of its signature; NaN where there is none either. */
  readonly timeVerified: number
}

function aboutFault(rule: SummaryRule, summary: Summary): Fault | undefined {
  const wanted = [
    ['verifier', rule.verifier, summary.verifier],
    ['resource', rule.resource, summary.resource],
    ['policy', rule.policy, summary.policy],
  ] as const
  if (rule.policyDigest !== undefined && !summary.policyDigests.includes(rule.policyDigest)) {
    const got = summary.policyDigests.join(', ')
    return {
      message: `the policy of the summary is ${got === '' ? 'not said' : got}, not ${rule.policyDigest}`,
      expected: rule.policyDigest,
      got,
    }
  }
  const wrong = wanted.find(([, expected, got]) => expected !== undefined && expected !== got)
  if (wrong === undefined) return undefined
  const [what, expected = '', got] = wrong
  return {
    message: `the ${what} of the summary is ${got === '' ? 'not said' : got}, not ${expected}`,
    expected,
    got,
  }
}

function answerFault(
  rule: SummaryRule,
  summary: Summary,
  { latest, failed, now }: { readonly latest: number; readonly failed: number; readonly now: Date },
): Fault | undefined {
  const { result, timeVerified, levels } = summary
  if (result !== 'PASSED')
    return { message: `the verifier says ${result || 'nothing'}`, expected: 'PASSED', got: result }
  // Without a time nobody knows which one is the latest.
  if (Number.isNaN(latest)) return { message: 'a summary of this verifier does not say when it verified' }
  if (timeVerified < latest || timeVerified <= failed)
    return { message: 'a later summary of this verifier stands against it' }
  if (timeVerified > now.getTime())
    return {
      message: 'it says that it was verified in the future',
      got: new Date(timeVerified).toISOString(),
    }
  const age = now.getTime() - timeVerified
  if (rule.maxAge !== undefined && age > rule.maxAge) {
    return {
      message: `verified ${describeDuration(age)} ago, at most ${describeDuration(rule.maxAge)} is accepted`,
    }
  }
  const missing = rule.levels.find((level) => !levels.some((got) => reaches(got, level)))
  if (missing === undefined) return undefined
  return { message: `the verified levels do not reach ${missing}`, expected: missing, got: levels.join(', ') }
}

/** A SLSA level is reached by a higher one of its track (slsa.dev spec 1.2); any other by itself alone. */
function reaches(got: string, wanted: string): boolean {
  if (got === wanted) return true
  const [, track, level] = slsaLevel.exec(wanted) ?? []
  const [, gotTrack, gotLevel] = slsaLevel.exec(got) ?? []
  return track !== undefined && track === gotTrack && Number(gotLevel) >= Number(level)
}

const slsaLevel = /^SLSA_([A-Z]+)_LEVEL_(\d)$/

function summaryOf({ content, times }: Proof): Summary {
  const predicate = content.kind === 'statement' ? content.statement.predicate : undefined
  const levels = at(predicate, 'verifiedLevels')
  return {
    verifier: textAt(at(predicate, 'verifier'), 'id'),
    resource: textAt(predicate, 'resourceUri'),
    policy: textAt(at(predicate, 'policy'), 'uri'),
    policyDigests: digestsOf(at(at(predicate, 'policy'), 'digest')),
    result: textAt(predicate, 'verificationResult'),
    levels: Array.isArray(levels) ? levels.filter((level) => typeof level === 'string') : [],
    timeVerified: timeOf(at(predicate, 'timeVerified')) ?? earliest(times),
  }
}

function digestsOf(value: unknown): readonly string[] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return entries.map(([algorithm, digest]) => `${algorithm}:${String(digest)}`)
}

/** When a summary says that it was verified; NaN for what is none. */
export function timeVerifiedOf({ content }: Proof): number {
  const predicate = content.kind === 'statement' ? content.statement.predicate : undefined
  return timeOf(at(predicate, 'timeVerified')) ?? Number.NaN
}

function earliest(times: Proof['times']): number {
  return times.length === 0 ? Number.NaN : Math.min(...times.map(({ at: time }) => time.getTime()))
}

/** RFC 3339 alone: what JavaScript makes of other texts is a guess. */
function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

function textAt(value: unknown, key: string): string {
  const text = at(value, key)
  return typeof text === 'string' ? text : ''
}

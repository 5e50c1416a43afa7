import { redact } from '@assay/registry'
import type { Severity } from '../inspect/finding.ts'
import type {
  FindingReport,
  ImageReport,
  InspectionReport,
  LayerReport,
} from '../inspect/inspection-report.ts'
import type { BaseVerification } from '../base/verify-base.ts'
import { baseSummary } from './inspection/base-document.ts'
import { wasteLines } from './inspection/waste-text.ts'
import { sizeText } from './size-text.ts'
import type { InspectionJudgement } from '../inspect/demand/judge-inspection.ts'
import type { Verdict } from '../inspect/verdict.ts'

export interface RenderOptions {
  /** With ANSI colors, for a terminal. */
  readonly color: boolean
  /** What the caller's demands came to; nothing is said about demands that are met. */
  readonly judgement?: InspectionJudgement
  /** What is known of the base, where one was named. */
  readonly base?: BaseVerification
}

/** Renders an inspection for people: the verdict first, then why, then what the image is made of. */
export function renderInspection(
  report: InspectionReport,
  { color, judgement, base }: RenderOptions,
): string {
  const paint = color ? ansi : plain
  const several = report.images.length > 1
  const lines = [
    paint(verdictColors[report.verdict], verdictTexts[report.verdict]),
    ...reasonLines(report),
    ...judgementLines(judgement, paint),
    '',
    field('image', report.reference),
    field('digest', report.digest),
    ...(base === undefined ? [] : [field('base', baseSummary(base))]),
    ...(several ? [field('platforms', `${report.images.length}, the worst verdict counts`)] : []),
    ...report.images.flatMap((image) => ['', ...imageLines(image, paint)]),
    ...otherLines(report),
  ]
  return `${lines.join('\n')}\n`
}

type Paint = (code: string, text: string) => string

const ansi: Paint = (code, text) => `\u001b[${code}m${clean(text)}\u001b[0m`
const plain: Paint = (_, text) => clean(text)

/** Everything from the image passes here: no control characters, no credentials. */
function clean(text: string): string {
  return redact(text.replaceAll('\n', ' '))
}

const verdictTexts: Readonly<Record<Verdict, string>> = {
  strict: 'DISTROLESS (strict): no layer holds a program that does not belong',
  effective: 'DISTROLESS (effective): the container sees no such program, but a lower layer ships one',
  debug: 'NOT DISTROLESS (debug): a debug layer adds a shell',
  no: 'NOT DISTROLESS',
  undecidable: 'UNDECIDABLE: not everything could be read',
}

const verdictColors: Readonly<Record<Verdict, string>> = {
  strict: '32;1',
  effective: '33;1',
  debug: '31;1',
  no: '31;1',
  undecidable: '35;1',
}

/** Why the verdict is no better, and of which platform. */
function reasonLines({ images, verdict }: InspectionReport): readonly string[] {
  const deciding = images.filter((image) => image.verdict === verdict)
  return deciding.flatMap((image) =>
    image.reasons.map((reason) => {
      const platform = images.length > 1 ? `${image.platform}: ` : ''
      return `  because ${clean(`${platform}${reason}`)}`
    }),
  )
}

function judgementLines(judgement: InspectionJudgement | undefined, paint: Paint): readonly string[] {
  if (judgement === undefined || judgement.status !== 'unmet') return []
  return [paint('31;1', 'NOT WHAT IS REQUIRED'), ...judgement.because.map((reason) => `  ${clean(reason)}`)]
}

function field(name: string, value: string): string {
  return `${name.padEnd(12)}${clean(value)}`
}

function imageLines(image: ImageReport, paint: Paint): readonly string[] {
  const { config } = image
  const family =
    image.family === null ? 'unknown' : `${image.family.name} (${image.family.because.join(', ')})`
  return [
    paint('1', `${image.platform}  ${image.verdict}`),
    indented('digest', image.digest),
    indented('family', `${family}; a fingerprint, it does not raise the verdict`),
    indented('user', userText(config.user, config.uid)),
    indented('nonroot', nonRootText(config.runAsNonRoot)),
    indented(
      'starts',
      [...config.entrypoint, ...config.command].map((word) => JSON.stringify(word)).join(' ') || 'nothing',
    ),
    indented('programs', programsText(image)),
    ...image.programs.unexplained.slice(0, 10).map((path) => `              ${clean(path)}`),
    ...image.programs.undecided.map((reason) => indented('undecided', reason)),
    ...wasteLines(image.waste).map((line, at) => (at === 0 ? indented('efficiency', line) : `     ${line}`)),
    '',
    ...findingLines(image, paint),
    '',
    `  layers (${image.layers.length})`,
    ...image.layers.flatMap(layerLines),
    '',
    ...packageLines(image),
  ]
}

function indented(name: string, value: string): string {
  return `  ${field(name, value)}`
}

function userText(user: string, uid: number | null): string {
  const written = user === '' ? 'none given' : user
  if (uid === null) return `${written} (not an account of the image)`
  return `${written} (user id ${uid}${uid === 0 ? ', root' : ''})`
}

function nonRootText({ allowed, why }: ImageReport['config']['runAsNonRoot']): string {
  return `${allowed ? 'yes' : 'no'} for Kubernetes' runAsNonRoot: ${why}`
}

function programsText({ programs }: ImageReport): string {
  const { total, ofPackages, ofLanguagePackages, started, ofRuntimes, excepted, unexplainedCount } = programs
  if (total === 0) return 'none'
  const unexplained = unexplainedCount === 0 ? 'none unexplained' : `${unexplainedCount} unexplained:`
  const parts = [
    `${ofPackages} of packages`,
    `${started} started by the config`,
    ...(ofLanguagePackages === 0 ? [] : [`${ofLanguagePackages} of language packages`]),
    ...(ofRuntimes === 0 ? [] : [`${ofRuntimes} of declared runtimes`]),
    ...(excepted === 0 ? [] : [`${excepted} of exceptions`]),
    unexplained,
  ]
  return `${total}: ${parts.join(', ')}`
}

function layerLines(layer: LayerReport): readonly string[] {
  const diffId =
    layer.diffIdMatches === null ? 'diffID not checked' : layer.diffIdMatches ? 'diffID ok' : 'diffID WRONG'
  const sizes = `${sizeText(layer.size)} ${layer.compression ?? '?'}, ${sizeText(layer.uncompressedSize)} raw`
  const waste = layer.wastedBytes === 0 ? '' : `, ${sizeText(layer.wastedBytes)} wasted`
  const counts = `${layer.entries} entries, ${layer.visible} visible${waste}`
  return [
    `  ${String(layer.index).padStart(3)}  ${layer.digest}  ${diffId}  ${sizes}, ${counts}`,
    ...(layer.createdBy === null ? [] : [`       ${shortened(clean(layer.createdBy), 100)}`]),
    ...(layer.failure === null ? [] : [`       NOT READ: ${clean(layer.failure)}`]),
  ]
}

function packageLines({ packages }: ImageReport): readonly string[] {
  if (packages.length === 0) return ['  no package database']
  return [
    `  packages (${packages.length})`,
    ...packages.map(
      ({ name, version, architecture, ecosystem }) =>
        `    ${clean([name, version, architecture, `(${ecosystem})`].filter((part) => part !== '').join(' '))}`,
    ),
  ]
}

const severityColors: Readonly<Record<Severity, string>> = {
  critical: '31;1',
  high: '31',
  medium: '33',
  low: '36',
  info: '2',
}

function findingLines(image: ImageReport, paint: Paint): readonly string[] {
  const unlisted = Object.entries(image.unlisted).map(
    ([rule, count]) => `    … and ${count} more of ${clean(rule)}`,
  )
  if (image.findings.length === 0) return ['  no findings']
  return [
    `  findings (${image.findings.length})`,
    ...image.findings.map((finding) => `    ${findingText(finding, paint)}`),
    ...unlisted,
  ]
}

function findingText({ rule, severity, message, evidence, exception }: FindingReport, paint: Paint): string {
  const layer = evidence.layer === null ? '' : `  (layer ${evidence.layer}${stateText(evidence.state)})`
  const excused =
    exception === null ? '' : `  (does not count until ${exception.expires}: ${clean(exception.reason)})`
  return `${paint(severityColors[severity], severity.padEnd(8))} ${rule.padEnd(17)} ${clean(message)}${layer}${excused}`
}

function stateText(state: string | null): string {
  return state === null || state === 'present' ? '' : `, ${state}`
}

function otherLines({ others }: InspectionReport): readonly string[] {
  if (others.length === 0) return []
  const texts = others.map((other) => {
    const about = other.about === null ? '' : ` (${other.about})`
    const unread = other.mayRun ? '; not read, and a runtime might run it' : ''
    return `  ${other.kind.padEnd(12)}${clean(`${other.digest} ${other.mediaType}${about}${unread}`)}`
  })
  return ['', 'also in the index', ...texts]
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

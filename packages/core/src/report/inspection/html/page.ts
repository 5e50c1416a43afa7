import { createHash } from 'node:crypto'
import type { BaseVerification } from '../../../base/verify-base.ts'
import { baseSummary } from '../base-document.ts'
import type { InspectionJudgement } from '../../../inspect/demand/judge-inspection.ts'
import type { ImageReport, InspectionReport, OtherReport } from '../../../inspect/inspection-report.ts'
import type { Verdict } from '../../../inspect/verdict.ts'
import { findingSection } from './findings.ts'
import { markup, verbatim, type Markup } from './markup.ts'
import { factSection, layerSection, packageSection, wasteSection } from './sections.ts'
import { style } from './style.ts'

export interface PageOptions {
  /** The tool's. */
  readonly version: string
  /** What is known of the base, where one was named. */
  readonly base?: BaseVerification | undefined
}

/**
 * An inspection as one page that needs nothing else: no network, no script, nothing but its own style. It says so to
 * the browser by a policy, so that nothing which an image holds could make it ask for anything.
 */
export function inspectionHtml(
  report: InspectionReport,
  judgement: InspectionJudgement,
  { version, base }: PageOptions,
): string {
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy()}" />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${titles[report.verdict]}: ${report.reference}</title>
        <style>${verbatim(style)}</style>
      </head>
      <body>
        <header class="verdict ${report.verdict}">
          <h1>${titles[report.verdict]}</h1>
          <p>${meanings[report.verdict]}</p>
          ${reasons(report)}
        </header>
        ${demands(judgement)}
        <div class="card">
          <dl class="facts">
            <dt>Image</dt>
            <dd><code>${report.reference}</code></dd>
            <dt>Digest</dt>
            <dd><code>${report.digest}</code></dd>
            ${base === undefined ? '' : markup`<dt>Base</dt><dd>${baseSummary(base)}</dd>`}
            <dt>Findings</dt>
            <dd>${counts(report)}</dd>
          </dl>
        </div>
        ${report.images.length > 1 ? navigation(report) : ''}
        <main>${report.images.map(imageSection)} ${otherSection(report.others)}</main>
        <footer>assay ${version}, rules ${report.ruleset}. The same image gives the same page.</footer>
      </body>
    </html> `
  return page.toString()
}

/** The policy names the style by its hash: no other is applied, and nothing is asked for. */
function policy(): string {
  const hash = createHash('sha256').update(style).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
}

const titles: Readonly<Record<Verdict, string>> = {
  strict: 'Distroless (strict)',
  effective: 'Distroless (effective)',
  debug: 'Not distroless (debug)',
  no: 'Not distroless',
  undecidable: 'Undecidable',
}

const meanings: Readonly<Record<Verdict, string>> = {
  strict: 'No layer holds a program that does not belong.',
  effective: 'The container sees no program that does not belong, but a lower layer ships one.',
  debug: 'A debug layer adds a shell.',
  no: 'The container sees programs that do not belong, or content that is hidden.',
  undecidable: 'Not everything could be read. This is never a yes.',
}

function reasons({ images, verdict }: InspectionReport): Markup {
  const deciding = images.filter((image) => image.verdict === verdict)
  const lines = deciding.flatMap((image) =>
    image.reasons.map((reason) => (images.length > 1 ? `${image.platform}: ${reason}` : reason)),
  )
  return lines.length === 0
    ? markup``
    : markup`<ul>
        ${lines.map((line) => markup`<li>${line}</li>`)}
      </ul>`
}

function demands({ status, because }: InspectionJudgement): Markup {
  if (status !== 'unmet') return markup``
  const lines = because.map((reason) => markup`<li>${reason}</li>`)
  return markup`<div class="unmet">
    <strong>Not what is required</strong>
    <ul>
      ${lines}
    </ul>
  </div>`
}

function counts({ images }: InspectionReport): Markup {
  const all = images.flatMap(({ findings }) => findings)
  const chips = (['critical', 'high', 'medium', 'low', 'info'] as const).flatMap((severity) => {
    const count = all.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [markup`<span class="chip ${severity}">${count} ${severity}</span> `]
  })
  return chips.length === 0 ? markup`none` : markup`${chips}`
}

function navigation({ images }: InspectionReport): Markup {
  const links = images.map(
    ({ platform, verdict }, at) => markup`<a href="#image-${at}">${platform}: ${verdict}</a>`,
  )
  return markup`<nav>${links}</nav>`
}

function imageSection(image: ImageReport, at: number): Markup {
  return markup`<section id="image-${at}">
    <h2>${image.platform} <span class="chip ${image.verdict}">${image.verdict}</span></h2>
    ${factSection(image)} ${findingSection(image)} ${wasteSection(image)} ${layerSection(image)}
    ${packageSection(image)}
  </section> `
}

function otherSection(others: readonly OtherReport[]): Markup {
  if (others.length === 0) return markup``
  const rows = others.map(
    ({ kind, digest, mediaType, mayRun }) =>
      markup`<tr>
        <td>${kind}${mayRun ? ', not read, and a runtime might run it' : ''}</td>
        <td><code>${digest}</code></td>
        <td><code>${mediaType}</code></td>
      </tr>`,
  )
  return markup`<h2>Also in the index</h2>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th class="c-kind">Kind</th>
            <th>Digest</th>
            <th>Media type</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`
}

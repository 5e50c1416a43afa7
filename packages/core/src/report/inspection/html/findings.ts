import type { EvidenceReport, FindingReport, ImageReport } from '../../../inspect/inspection-report.ts'
import { sizeText } from '../../size-text.ts'
import { ruleHelp } from '../rule-help.ts'
import { markup, type Markup } from './markup.ts'

/** The findings of one image, each with what shows it and what to do. */
export function findingSection({ findings, unlisted }: ImageReport): Markup {
  if (findings.length === 0)
    return markup`<h3>Findings</h3>
      <p class="soft">None.</p>`
  const more = Object.entries(unlisted).map(
    ([rule, count]) => markup`<p class="soft">… and ${count} more of ${rule}.</p>`,
  )
  return markup`<h3>Findings (${findings.length})</h3>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th class="c-severity">Severity</th>
            <th class="c-rule">Rule</th>
            <th>What was found</th>
            <th class="c-layer">Layer</th>
          </tr>
        </thead>
        <tbody>
          ${findings.map(findingRow)}
        </tbody>
      </table>
    </div>
    ${more}`
}

function findingRow({ rule, severity, message, evidence, exception }: FindingReport): Markup {
  const { state, layer } = evidence
  const fate =
    state === null || state === 'present' ? markup`` : markup` <span class="state">(${state})</span>`
  const excused =
    exception === null
      ? markup``
      : markup`<div class="state">Does not count until ${exception.expires}: ${exception.reason}</div>`
  return markup`<tr>
    <td><span class="chip ${severity}">${severity}</span></td>
    <td><code>${rule}</code></td>
    <td>
      ${message}${fate}${excused}
      <details>
        <summary>Evidence and advice</summary>
        <p>${ruleHelp(rule)}</p>
        ${evidenceList(evidence)}
      </details>
    </td>
    <td>${layer ?? '–'}</td>
  </tr> `
}

const fields: readonly (readonly [keyof EvidenceReport, string])[] = [
  ['path', 'Path'],
  ['storedPath', 'As stored'],
  ['layerDigest', 'Layer'],
  ['createdBy', 'Made by'],
  ['offset', 'Offset'],
  ['type', 'Type'],
  ['mode', 'Mode'],
  ['owner', 'Owner'],
  ['size', 'Size'],
  ['sha256', 'SHA-256'],
  ['package', 'Package'],
  ['signature', 'Signature'],
  ['excerpt', 'Excerpt'],
]

function evidenceList(evidence: EvidenceReport): Markup {
  const known = fields.flatMap(([field, name]) => {
    const value = evidence[field]
    if (value === null) return []
    const shown = field === 'size' && typeof value === 'number' ? sizeText(value) : value
    return [
      markup`<dt>${name}</dt>
        <dd><code>${shown}</code></dd>`,
    ]
  })
  return known.length === 0 ? markup`` : markup`<dl class="evidence">${known}</dl>`
}

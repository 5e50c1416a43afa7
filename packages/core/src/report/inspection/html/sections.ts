import type { ImageReport, LayerReport } from '../../../inspect/inspection-report.ts'
import type { WastedFile } from '../../../inspect/waste.ts'
import { sizeText } from '../../size-text.ts'
import { percent } from '../waste-text.ts'
import { markup, type Markup } from './markup.ts'

/** What the image is, in a few lines. */
export function factSection({ digest, family, config, programs }: ImageReport): Markup {
  const starts = [...config.entrypoint, ...config.command].map((word) => JSON.stringify(word)).join(' ')
  const { allowed, why } = config.runAsNonRoot
  const unexplained = programs.unexplained.map((path) => markup`<div><code>${path}</code></div>`)
  return markup`<div class="card">
    <dl class="facts">
      <dt>Digest</dt>
      <dd><code>${digest}</code></dd>
      <dt>Family</dt>
      <dd>
        ${family === null ? 'unknown' : family.name}
        <span class="soft">${family?.because.join(', ') ?? ''}</span>
      </dd>
      <dt>User</dt>
      <dd>
        ${config.user === '' ? 'none given' : config.user} <span class="soft">${uidText(config.uid)}</span>
      </dd>
      <dt>runAsNonRoot</dt>
      <dd>${allowed ? 'yes' : 'no'} <span class="soft">${why}</span></dd>
      <dt>Starts</dt>
      <dd><code>${starts === '' ? 'nothing' : starts}</code></dd>
      <dt>Programs</dt>
      <dd>${programs.total}, ${programs.unexplainedCount} unexplained ${unexplained}</dd>
    </dl>
  </div>`
}

function uidText(uid: number | null): string {
  if (uid === null) return 'not an account of the image'
  return uid === 0 ? 'user id 0, root' : `user id ${uid}`
}

/** What the image ships for nothing. */
export function wasteSection({ waste }: ImageReport): Markup {
  const { shippedBytes, seenBytes, overwrittenBytes, deletedBytes, duplicateBytes, worst } = waste
  return markup`<h3>Efficiency: ${percent(waste.efficiency)}</h3>
    <p class="soft">
      ${sizeText(shippedBytes)} of files shipped, ${sizeText(seenBytes)} seen by a container;
      ${sizeText(overwrittenBytes)} overwritten, ${sizeText(deletedBytes)} deleted,
      ${sizeText(duplicateBytes)} duplicates.
    </p>
    ${worst.length === 0 ? '' : wasteTable(worst)}`
}

function wasteTable(worst: readonly WastedFile[]): Markup {
  const rows = worst.map(
    ({ path, kind, bytes, layers, endedBy }) =>
      markup`<tr>
        <td class="number">${sizeText(bytes)}</td>
        <td><code>${path}</code></td>
        <td>${kind}${endedBy.length === 0 ? '' : ` by ${endedBy.join(', ')}`}</td>
        <td>${layers.join(', ')}</td>
      </tr> `,
  )
  return markup`<details class="section">
    <summary>Files that waste most (${worst.length})</summary>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th class="c-size number">Bytes</th>
            <th>File</th>
            <th class="c-kind">How</th>
            <th class="c-layer">Layers</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`
}

/** Every layer with its size; the red part of the bar is what no container sees. */
export function layerSection({ layers }: ImageReport): Markup {
  const largest = Math.max(1, ...layers.map(({ uncompressedSize }) => uncompressedSize))
  return markup`<h3>Layers (${layers.length})</h3>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th class="c-number">#</th>
            <th>Layer</th>
            <th class="c-bar">Uncompressed</th>
            <th class="c-size number">Size</th>
            <th class="c-size number">Wasted</th>
          </tr>
        </thead>
        <tbody>
          ${layers.map((layer) => layerRow(layer, largest))}
        </tbody>
      </table>
    </div>`
}

function layerRow(layer: LayerReport, largest: number): Markup {
  const { index, digest, diffIdMatches, createdBy, failure, uncompressedSize, wastedBytes } = layer
  const diffId = diffIdMatches === null ? 'not checked' : diffIdMatches ? 'ok' : 'WRONG'
  return markup`<tr>
    <td>${index}</td>
    <td>
      ${createdBy === null ? '' : markup`<div class="mono">${shortened(createdBy)}</div>`}
      <div class="soft mono">${digest}</div>
      <div class="soft">
        diffID ${diffId}, ${layer.entries} entries, ${layer.visible} visible, ${sizeText(layer.size)}
        ${layer.compression ?? ''}
      </div>
      ${failure === null ? '' : markup`<strong class="undecidable">Not read: ${failure}</strong>`}
    </td>
    <td>${bar(uncompressedSize / largest, wastedBytes / largest)}</td>
    <td class="number">${sizeText(uncompressedSize)}</td>
    <td class="number">${wastedBytes === 0 ? '–' : sizeText(wastedBytes)}</td>
  </tr> `
}

function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`
}

/** Widths are attributes: a policy against inline style does not concern them. */
function bar(part: number, wasted: number): Markup {
  return markup`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="presentation">
    <rect class="seen" width="${width(part)}" height="10"></rect>
    <rect class="wasted" width="${width(Math.min(part, wasted))}" height="10"></rect>
  </svg>`
}

/** What package databases list. */
export function packageSection({ packages }: ImageReport): Markup {
  if (packages.length === 0)
    return markup`<h3>Packages</h3>
      <p class="soft">No package database.</p>`
  const rows = packages.map(
    ({ name, version, architecture, ecosystem }) =>
      markup`<tr>
        <td>${name}</td>
        <td>${version}</td>
        <td>${architecture}</td>
        <td>${ecosystem}</td>
      </tr> `,
  )
  return markup`<details class="section">
    <summary>Packages (${packages.length})</summary>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Version</th>
            <th class="c-kind">Architecture</th>
            <th class="c-kind">From</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`
}

function width(share: number): string {
  return (Math.min(1, share) * 100).toFixed(2)
}

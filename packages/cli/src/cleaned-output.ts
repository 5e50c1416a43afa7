import type { RemovalOutcome, SelectedItem } from '@assay/core'
import { redact } from '@assay/registry'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that `clean` prints. */
const schema = 'assay.cleaned/v1'

export interface Cleaning {
  /** The image by its digest. */
  readonly image: string
  readonly dryRun: boolean
  readonly items: readonly (SelectedItem & { readonly outcome?: RemovalOutcome })[]
}

/** What was removed, for people; what would be, for a dry run. */
export function cleanedText(cleaning: Cleaning): string {
  if (cleaning.items.length === 0) return linesOf([`NOTHING TO REMOVE from ${cleaning.image}`])
  if (cleaning.dryRun) return plannedText(cleaning)
  return linesOf([
    `CLEANED ${cleaning.image}`,
    ...cleaning.items.map((item) => `  ${item.outcome} ${nameOf(item)}`),
  ])
}

export function plannedText({ image, items }: Cleaning): string {
  return linesOf([`WOULD REMOVE from ${image}`, ...items.map((item) => `  ${nameOf(item)}`)])
}

function nameOf({ item, kinds }: SelectedItem): string {
  const name = item.by.kind === 'tag' ? `tag ${item.by.tag}` : `referrer ${item.manifest.digest}`
  return `${name} (${kinds[0] ?? 'referrer'}${item.type === '' ? '' : `, ${item.type}`})`
}

function linesOf(lines: readonly string[]): string {
  return `${lines.map(redact).join('\n')}\n`
}

/** The same for machines. */
export function cleanedDocument({ image, dryRun, items }: Cleaning): string {
  const listed = items.map(({ subject, item, kinds, outcome }) => ({
    digest: item.manifest.digest,
    subject,
    ...(item.by.kind === 'tag' && { tag: item.by.tag }),
    unverified: { kinds, ...(item.type !== '' && { artifactType: item.type }) },
    outcome: outcome ?? 'selected',
  }))
  return jsonText({ schema, ok: true, image, dryRun, items: listed })
}

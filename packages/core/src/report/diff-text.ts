import { redact } from '@assay/registry'
import type { Change, InspectionDiff, PlatformDiff } from '../inspect/diff/diff-inspections.ts'

const words: Readonly<Record<InspectionDiff['status'], string>> = {
  same: 'SAME: containers of both images see the same',
  different: 'DIFFERENT',
  undecided: 'UNDECIDED: what could be read is the same, not everything could be',
}

/** Renders a difference: `-` only before, `+` only after, `~` changed. */
export function renderDiff(diff: InspectionDiff): string {
  const { before, after } = diff
  const lines = [
    words[diff.status],
    `- ${clean(before.reference)}`,
    `+ ${clean(after.reference)}`,
    ...diff.platforms.flatMap(platformLines),
  ]
  return `${lines.join('\n')}\n`
}

function platformLines(diff: PlatformDiff): readonly string[] {
  const { platform, presence } = diff
  if (presence !== 'both') return ['', `${presence === 'added' ? '+' : '-'} platform ${clean(platform)}`]
  const parts = (['config', 'packages', 'findings', 'files'] as const).flatMap((part) => {
    const list: readonly Change<unknown>[] = diff[part]
    return list.length === 0 ? [] : [`  ${part} (${list.length})`, ...list.map(changeLine)]
  })
  return parts.length === 0 ? [] : ['', clean(platform), ...parts]
}

function changeLine({ name, before, after }: Change<unknown>): string {
  if (before === null) return `    + ${clean(name)}  ${text(after)}`
  if (after === null) return `    - ${clean(name)}  ${text(before)}`
  return `    ~ ${clean(name)}  ${text(before)} → ${text(after)}`
}

function text(value: unknown): string {
  if (typeof value === 'string') return clean(value)
  if (!isRecord(value)) return clean(JSON.stringify(value))
  const { sha256, ...rest } = value
  const digest = typeof sha256 === 'string' ? [`sha256:${sha256.slice(0, 12)}`] : []
  const fields = Object.values(rest).filter((field) => typeof field === 'string' || typeof field === 'number')
  return clean([...fields, ...digest].join(' '))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names come from the images: no control characters, no credentials. */
function clean(value: string): string {
  return redact(value.replaceAll('\n', ' '))
}

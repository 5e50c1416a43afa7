import type { ContentMatch } from '../../image/content-facts.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { baseName, parentPath } from '../../image/layer-path.ts'
import type { Check } from '../check.ts'
import { placeOf, type Finding, type Rule } from '../finding.ts'
import {
  entryAt,
  factsOf,
  isProgram,
  leadsIntoKernel,
  linkOf,
  type InspectedImage,
} from '../inspected-image.ts'
import { isNamed, type ProgramNames } from '../program-names.ts'

/** How programs of one kind are known. */
export interface ProgramMarks {
  readonly names: ProgramNames
  /** Signatures of content that begin so, e.g. `shell.`. */
  readonly signatures?: string
  /** Kinds that the caller declared to belong in the image are no findings. */
  readonly allowed?: (name: string, declared: ReadonlySet<string>) => boolean
}

/**
 * A rule about programs of one kind: known by content under any name, or by name where the file is a program. A
 * script without its interpreter is no program, and a link counts where it leads to one. What lies in an archive
 * counts as what lies beside it.
 */
export function programCheck(rule: Rule, marks: ProgramMarks): Check {
  return {
    rule,
    looksAt: 'program',
    *entry(entry, inspected) {
      const facts = factsOf(inspected, entry)
      const match = matchIn(facts?.matches ?? [], inspected, marks)
      if (match !== undefined) yield finding(rule, entry, { match })
      else if (nameCounts(entry, inspected, marks)) yield finding(rule, entry, {})
      for (const { path, matches, executable } of facts?.inner ?? []) {
        const innerMatch = matchIn(matches, inspected, marks)
        if (innerMatch !== undefined) yield finding(rule, entry, { match: innerMatch, inner: path })
        else if (executable && isKnown(baseName(path), inspected, marks))
          yield finding(rule, entry, { inner: path })
      }
    },
  }
}

function matchIn(
  matches: readonly ContentMatch[],
  { declared }: InspectedImage,
  { signatures, allowed }: ProgramMarks,
): ContentMatch | undefined {
  if (signatures === undefined) return undefined
  return matches.find(
    ({ signature }) =>
      signature.startsWith(signatures) && allowed?.(signature.slice(signatures.length), declared) !== true,
  )
}

function isKnown(name: string, { declared }: InspectedImage, { names, allowed }: ProgramMarks): boolean {
  return isNamed(names, name) && allowed?.(name, declared) !== true
}

function nameCounts(entry: LayerEntry, inspected: InspectedImage, marks: ProgramMarks): boolean {
  if (!isKnown(baseName(entry.path), inspected, marks)) return false
  const link = linkOf(inspected, entry)
  if (link === undefined) return isProgram(inspected, entry)
  const target = entryAt(inspected, entry.path)
  if (target !== undefined) return isProgram(inspected, target)
  const path = link.startsWith('/') ? link : `${parentPath(entry.path)}/${link}`
  return leadsIntoKernel(inspected, path)
}

function finding(rule: Rule, entry: LayerEntry, shown: Pick<Finding, 'match' | 'inner'>): Finding {
  const place = placeOf(entry, shown.inner)
  const { match } = shown
  const message =
    match === undefined
      ? `${place} is a program of that name`
      : `${place} holds what only such a program holds (${match.signature})`
  return { rule, entry, message, ...shown }
}

import type { ContentMatch } from '../../image/content-facts.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { baseName, displayPath, parentPath } from '../../image/layer-path.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
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
 * script without its interpreter is no program, and a link counts where it leads to one.
 */
export function programCheck(rule: Rule, marks: ProgramMarks): Check {
  return {
    rule,
    looksAt: 'program',
    *entry(entry, inspected) {
      const match = contentMatch(entry, inspected, marks)
      if (match !== undefined) yield finding(rule, entry, match)
      else if (nameCounts(entry, inspected, marks)) yield finding(rule, entry, undefined)
    },
  }
}

function contentMatch(
  entry: LayerEntry,
  inspected: InspectedImage,
  { signatures, allowed }: ProgramMarks,
): ContentMatch | undefined {
  if (signatures === undefined) return undefined
  const isAllowed = (signature: string): boolean =>
    allowed?.(signature.slice(signatures.length), inspected.declared) === true
  return factsOf(inspected, entry)?.matches.find(
    ({ signature }) => signature.startsWith(signatures) && !isAllowed(signature),
  )
}

function nameCounts(entry: LayerEntry, inspected: InspectedImage, { names, allowed }: ProgramMarks): boolean {
  const name = baseName(entry.path)
  if (!isNamed(names, name) || allowed?.(name, inspected.declared) === true) return false
  const link = linkOf(inspected, entry)
  if (link === undefined) return isProgram(inspected, entry)
  const target = entryAt(inspected, entry.path)
  if (target !== undefined) return isProgram(inspected, target)
  const path = link.startsWith('/') ? link : `${parentPath(entry.path)}/${link}`
  return leadsIntoKernel(inspected, path)
}

function finding(rule: Rule, entry: LayerEntry, match: ContentMatch | undefined): Finding {
  const path = displayPath(entry.path)
  if (match === undefined) return { rule, entry, message: `/${path} is a program of that name` }
  return { rule, entry, match, message: `/${path} holds what only such a program holds (${match.signature})` }
}

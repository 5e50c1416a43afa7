import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import { digestsOf, factsOf, isPresent, type InspectedImage } from '../inspected-image.ts'
import { ownersOf } from '../packages/owners.ts'

const rule: Rule = {
  id: 'modified-file',
  class: 'integrity',
  severity: 'high',
  title: 'A program is not what its package installed.',
}

/** Executable bits alone make no program: distroless images mark certificates and os-release so. */
const programs: ReadonlySet<string> = new Set(['elf', 'script'])

export const modifiedFile: Check = { rule, looksAt: 'content', entry: modified }

function* modified(entry: LayerEntry, inspected: InspectedImage): Generator<Finding> {
  const facts = factsOf(inspected, entry)
  const { md5 } = digestsOf(inspected, entry)
  if (md5 === undefined || facts === undefined || !programs.has(facts.form) || !isPresent(inspected, entry))
    return
  const owner = ownersOf(inspected).ownerOf(entry.path)
  if (owner === undefined || owner.md5 === md5) return
  const path = displayPath(entry.path)
  yield {
    rule,
    entry,
    message: `/${path} differs from what the package ${displayPath(owner.package)} installed`,
  }
}

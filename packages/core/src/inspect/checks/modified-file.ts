import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule, Severity } from '../finding.ts'
import { factsOf, isPresent, type InspectedImage } from '../inspected-image.ts'
import type { FileClaim } from '../packages/databases/database.ts'
import { integrityOf } from '../packages/owners.ts'

const rule: Rule = {
  id: 'modified-file',
  class: 'integrity',
  severity: 'high',
  title: 'A file is not what its package installed.',
}

/** What tells the name of the distribution: whoever builds a base image of one changes it. */
const meantToChange: ReadonlySet<string> = new Set(['etc/os-release', 'usr/lib/os-release'])

export const modifiedFile: Check = { rule, looksAt: 'all', entry: modified }

function* modified(entry: LayerEntry, inspected: InspectedImage): Generator<Finding> {
  if (!isPresent(inspected, entry) || meantToChange.has(entry.path)) return
  const integrity = integrityOf(inspected, entry)
  if (integrity.status !== 'modified') return
  const { claim, got } = integrity
  const owner = displayPath(claim.package)
  const digests = { expected: `${claim.algorithm}:${claim.digest}`, got: `${claim.algorithm}:${got}` }
  yield {
    rule,
    severity: severityFor(inspected, entry, claim),
    entry,
    digests,
    message: `/${displayPath(entry.path)} differs from what the package ${owner} installed: ${digests.got} instead of ${digests.expected}`,
  }
}

/** Executable bits alone make no program: distroless images mark certificates and os-release so. */
function severityFor(inspected: InspectedImage, entry: LayerEntry, { configuration }: FileClaim): Severity {
  const form = factsOf(inspected, entry)?.form
  if (form === 'elf' || form === 'script') return 'high'
  return configuration === true ? 'info' : 'medium'
}

import type { LayerEntry } from '../image/layer.ts'
import { baseName } from '../image/layer-path.ts'
import { allChecks } from './all-checks.ts'
import type { Check } from './check.ts'
import { severities, severityOf, type Finding } from './finding.ts'
import { factsOf, type InspectedImage } from './inspected-image.ts'
import { isProgramName } from './program-names.ts'

/** What all checks find: most severe first, then in the order of rules, layers and tar. Two runs give the same. */
export function allFindings(inspected: InspectedImage): readonly Finding[] {
  const found = allChecks.map((check): Finding[] => [...(check.image?.(inspected) ?? [])])
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      const checks = checksFor[interestOf(inspected, entry)]
      for (const { check, place } of checks) {
        for (const finding of check(entry, inspected)) found[place]?.push(finding)
      }
    }
  }
  return found.flat().toSorted((a, b) => rank(a) - rank(b))
}

type Interest = NonNullable<Check['looksAt']>

/** What there is to see about an entry; each kind has what the ones before it have. */
function interestOf(inspected: InspectedImage, entry: LayerEntry): Interest {
  if (isProgramName(baseName(entry.path))) return 'program'
  const facts = factsOf(inspected, entry)
  if (facts === undefined || (facts.form === 'other' && facts.matches.length === 0)) return 'all'
  return facts.matches.length > 0 || facts.inner !== undefined ? 'program' : 'content'
}

const wide: readonly Interest[] = ['all', 'content', 'program']

const checksFor = {
  all: entryChecks('all'),
  content: entryChecks('content'),
  program: entryChecks('program'),
} as const

interface EntryCheck {
  readonly check: NonNullable<Check['entry']>
  /** Where its findings go. */
  readonly place: number
}

function entryChecks(interest: Interest): readonly EntryCheck[] {
  return allChecks.flatMap(({ entry, looksAt = 'all' }, place) => {
    const wanted = wide.indexOf(looksAt) <= wide.indexOf(interest)
    return entry !== undefined && wanted ? [{ check: entry, place }] : []
  })
}

function rank(finding: Finding): number {
  return severities.indexOf(severityOf(finding))
}

import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import { isPresent, type InspectedImage } from '../inspected-image.ts'
import { databasesOf } from '../packages/databases-of.ts'

const rule: Rule = {
  id: 'unread-inventory',
  class: 'integrity',
  severity: 'high',
  title: 'What should tell of software cannot be read.',
}

export const unreadInventory: Check = {
  rule,
  looksAt: 'all',
  *image(inspected) {
    for (const { entry, reason } of databasesOf(inspected).unread) {
      const path = displayPath(entry.path)
      yield { rule, entry, message: `/${path} is a package database that cannot be read: ${reason}` }
    }
  },
  entry: unread,
}

/** A jar or the description of one package is less than a whole database. */
function* unread(entry: LayerEntry, inspected: InspectedImage): Generator<Finding> {
  const reason = entry.facts?.unreadComponents ?? inspected.crates.get(entry)?.problem
  if (reason === undefined || !isPresent(inspected, entry)) return
  const path = displayPath(entry.path)
  yield { rule, severity: 'low', entry, message: `/${path} does not tell what software it is: ${reason}` }
}

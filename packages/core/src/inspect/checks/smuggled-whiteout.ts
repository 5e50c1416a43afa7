import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'smuggled-whiteout',
  class: 'hidden',
  severity: 'critical',
  title: 'A layer speaks to the overlay file system directly, which hides files from some runtimes only.',
}

export const smuggledWhiteout: Check = {
  rule,
  entry: (entry) =>
    entry.xattrs === undefined && entry.type !== 'character-device' ? [] : smuggledBy(entry),
}

function* smuggledBy(entry: LayerEntry): Generator<Finding> {
  const path = displayPath(entry.path)
  if (entry.type === 'character-device' && entry.deviceMajor === 0 && entry.deviceMinor === 0) {
    yield {
      rule,
      entry,
      message: `/${path} is the character device 0:0, which overlay takes for a whiteout`,
    }
  }
  for (const name of entry.xattrs?.keys() ?? []) {
    if (!/^(?:trusted|user)\.overlay\./.test(name)) continue
    yield { rule, entry, message: `/${path} has the attribute ${displayPath(name)}` }
  }
}

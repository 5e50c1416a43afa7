import type { Check } from '../check.ts'
import { placeOf, type Rule } from '../finding.ts'
import { factsOf } from '../inspected-image.ts'

const rule: Rule = {
  id: 'unseen-content',
  class: 'hidden',
  severity: 'high',
  title: 'An archive, or a part of it, cannot be inspected.',
}

export const unseenContent: Check = {
  rule,
  looksAt: 'content',
  *entry(entry, inspected) {
    for (const { path, reason } of factsOf(inspected, entry)?.unseen ?? []) {
      yield { rule, entry, inner: path, message: `${placeOf(entry, path)}: ${reason}` }
    }
  },
}

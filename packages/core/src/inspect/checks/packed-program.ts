import { displayPath } from '../../image/layer-path.ts'
import type { Check } from '../check.ts'
import type { Rule } from '../finding.ts'

const rule: Rule = {
  id: 'packed-program',
  class: 'hidden',
  severity: 'high',
  title: 'A program is packed, so that its content cannot be inspected.',
}

export const packedProgram: Check = {
  rule,
  looksAt: 'content',
  *entry(entry) {
    const match = entry.facts?.matches.find((known) => known.signature === 'packed.upx')
    if (match !== undefined)
      yield { rule, entry, match, message: `/${displayPath(entry.path)} is packed with UPX` }
  },
}

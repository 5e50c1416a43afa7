import type { Check } from '../check.ts'
import { placeOf, type Rule } from '../finding.ts'

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
    const { matches = [], inner = [] } = entry.facts ?? {}
    for (const file of [{ path: '', matches }, ...inner]) {
      const match = file.matches.find((known) => known.signature.startsWith('packed.'))
      if (match === undefined) continue
      const how = match.signature === 'packed.upx' ? 'with UPX' : 'or encrypted'
      const message = `${placeOf(entry, file.path)} is packed ${how}`
      yield { rule, entry, match, inner: file.path, message }
    }
  },
}

import { displayPath } from '../../image/layer-path.ts'
import type { Check } from '../check.ts'
import type { Rule } from '../finding.ts'
import { factsOf, interpreterOf } from '../inspected-image.ts'

const rule: Rule = {
  id: 'inert-script',
  class: 'script',
  severity: 'info',
  title: 'A script cannot run, because its interpreter is not in the image.',
}

/** What keeps the scripts in official distroless images from being taken for shells. */
export const inertScript: Check = {
  rule,
  looksAt: 'content',
  *entry(entry, inspected) {
    const facts = factsOf(inspected, entry)
    if (facts?.form !== 'script' || interpreterOf(inspected, facts) !== undefined) return
    const shebang = displayPath(facts.shebang ?? '')
    yield { rule, entry, message: `/${displayPath(entry.path)} asks for ${shebang}, which is not there` }
  },
}

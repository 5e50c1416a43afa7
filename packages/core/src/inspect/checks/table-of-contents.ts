import type { Check } from '../check.ts'
import type { Rule } from '../finding.ts'

const rule: Rule = {
  id: 'table-of-contents',
  class: 'hidden',
  severity: 'critical',
  whateverBecame: true,
  title: 'A layer has a table of contents, by which some runtimes unpack it, that differs from its tar.',
}

export const tableOfContents: Check = {
  rule,
  *image({ layers }) {
    for (const { index, tocs = [] } of layers) {
      for (const { kind, differences } of tocs) {
        for (const difference of differences) {
          yield { rule, layer: index, message: `the ${kind} table of contents: ${difference}` }
        }
      }
      if (tocs.length > 1) {
        const message = 'the layer has two tables of contents, of which each runtime takes another'
        yield { rule, severity: 'high', layer: index, message }
      }
    }
  },
}

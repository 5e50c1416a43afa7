import { displayPath } from '../../image/layer-path.ts'
import type { Layer, LayerEntry } from '../../image/layer.ts'
import type { Ambiguity } from '../../image/tar-ambiguity.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule, Severity } from '../finding.ts'

const rule: Rule = {
  id: 'ambiguous-tar',
  class: 'hidden',
  severity: 'critical',
  whateverBecame: true,
  title: 'A layer can be read in several ways, so that tools see other files than the container gets.',
}

const meanings: Readonly<Record<Ambiguity, readonly [string, Severity]>> = {
  'gnu-name-over-pax': ['has two long names that differ', 'critical'],
  'mixed-extensions': ['mixes GNU long names with PAX records', 'high'],
  'gnu-prefix': ['has a prefix field that GNU headers do not have', 'critical'],
  'repeated-extension': ['has several extended headers', 'critical'],
  'dangling-extension': ['an extended header belongs to no entry', 'high'],
  'global-override': ['a global header sets names or sizes', 'critical'],
  'global-header': ['a global header, which runtimes ignore', 'info'],
  'size-without-content': ['claims content although its type has none', 'critical'],
  'pax-size-differs': ['has two sizes that differ', 'critical'],
  sparse: ['is a sparse file, which many tools list under another name or size', 'medium'],
  'old-gnu-sparse': ['is an old GNU sparse file, which runtimes do not unpack', 'high'],
  'file-named-as-directory': ['is a file whose name ends in a slash', 'high'],
  'unknown-type': ['has a type that runtimes do not unpack', 'high'],
  'bytes-after-end': ['bytes follow the end of the archive', 'critical'],
}

export const ambiguousTar: Check = {
  rule,
  entry: (entry) => (entry.ambiguities.length === 0 ? [] : ambiguitiesIn(entry)),
  *image({ layers }) {
    for (const layer of layers) {
      for (const { ambiguity, offset, name } of layer.remarks) {
        if (name !== undefined && removes(name, layers)) {
          const path = displayPath(name)
          const message = `a global header named /${path}, which makes some runtimes remove that path (offset ${offset})`
          yield { rule, layer: layer.index, message }
        }
        const [meaning, severity] = meanings[ambiguity]
        yield { rule, severity, layer: layer.index, message: `${meaning} (${ambiguity}, offset ${offset})` }
      }
    }
  },
}

/** Whether a runtime that takes a global header for an entry, and makes room for it, may remove something. */
function removes(name: string, layers: readonly Layer[]): boolean {
  if (!usualGlobalNames.has(name)) return true
  return layers.some(({ entries }) =>
    entries.some(({ path }) => path === name || path.startsWith(`${name}/`)),
  )
}

/** What git, and Python's tarfile, call their global headers. */
const usualGlobalNames: ReadonlySet<string> = new Set(['pax_global_header', '@PaxHeader'])

function* ambiguitiesIn(entry: LayerEntry): Generator<Finding> {
  for (const ambiguity of entry.ambiguities) {
    const [meaning, severity] = meanings[ambiguity]
    yield { rule, severity, entry, message: `/${displayPath(entry.path)} ${meaning} (${ambiguity})` }
  }
}

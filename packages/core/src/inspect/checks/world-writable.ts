import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'world-writable',
  class: 'world-writable',
  severity: 'medium',
  title: 'Any user of the container can change this.',
}

export const worldWritable: Check = {
  rule,
  entry: (entry) => ((entry.mode & 0o002) === 0 ? [] : openTo(entry)),
}

function* openTo(entry: LayerEntry): Generator<Finding> {
  const openDirectory = entry.type === 'directory' && (entry.mode & 0o1000) === 0
  if (entry.type !== 'file' && !openDirectory) return
  const what = openDirectory
    ? 'is a directory without the sticky bit that anyone can write to'
    : 'can be written by anyone'
  yield { rule, entry, message: `/${displayPath(entry.path)} ${what}` }
}

import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'set-id',
  class: 'privilege',
  severity: 'high',
  title: 'A file runs with the rights of its owner or group.',
}

export const setId: Check = {
  rule,
  entry: (entry) => ((entry.mode & 0o6000) === 0 ? [] : setIdOf(entry)),
}

function* setIdOf(entry: LayerEntry): Generator<Finding> {
  const which = (entry.mode & 0o4000) === 0 ? 'setgid' : 'setuid'
  const message = `/${displayPath(entry.path)} is ${which} (owner ${entry.uid}:${entry.gid})`
  if (entry.type === 'file' || entry.type === 'hardlink') yield { rule, entry, message }
  // A setgid directory only hands its group to new files.
  else if (entry.type === 'directory') yield { rule, severity: 'info', entry, message }
}

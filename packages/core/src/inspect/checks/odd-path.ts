import { climbs, displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'odd-path',
  class: 'hidden',
  severity: 'high',
  whateverBecame: true,
  title: 'A path is written so that tools read it differently.',
}

export const oddPath: Check = {
  rule,
  entry: (entry) => (entry.path !== '' && ordinary.test(entry.storedPath) ? [] : oddities(entry)),
}

/** Printable ASCII without two dots in a row. */
const ordinary = /^(?:[\x20-\x2d\x2f-\x7e]|\.(?!\.))+$/

function* oddities(entry: LayerEntry): Generator<Finding> {
  const stored = displayPath(entry.storedPath)
  if (climbs(entry.storedPath)) yield { rule, entry, message: `the path ${stored} climbs with ".."` }
  if (!isUtf8(entry.storedPath)) {
    yield { rule, severity: 'medium', entry, message: `the path ${stored} is not UTF-8` }
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\0-\x1f\x7f]/.test(entry.storedPath)) {
    yield { rule, severity: 'medium', entry, message: `the path ${stored} holds control characters` }
  }
  if (entry.path === '' && entry.type !== 'directory') {
    yield { rule, entry, message: `the path ${JSON.stringify(stored)} is the root, and not a directory` }
  }
}

function isUtf8(bytes: string): boolean {
  // oxlint-disable-next-line no-control-regex -- ASCII is the common case
  if (/^[\0-\x7f]*$/.test(bytes)) return true
  const buffer = Buffer.from(bytes, 'latin1')
  return Buffer.from(buffer.toString('utf8'), 'utf8').equals(buffer)
}

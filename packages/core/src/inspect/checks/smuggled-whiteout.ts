import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'smuggled-whiteout',
  class: 'hidden',
  severity: 'critical',
  whateverBecame: true,
  title: 'A layer speaks to the overlay file system directly, which hides files from some runtimes only.',
}

export const smuggledWhiteout: Check = {
  rule,
  entry: (entry) => (entry.xattrs === undefined && !isDevice(entry) ? [] : smuggledBy(entry)),
}

function* smuggledBy(entry: LayerEntry): Generator<Finding> {
  const path = displayPath(entry.path)
  const { deviceMajor, deviceMinor } = entry
  const cut = isDevice(entry) && !(fits(deviceMajor, majors) && fits(deviceMinor, minors))
  if (cut) {
    yield {
      rule,
      entry,
      message: `/${path} is the device ${deviceMajor}:${deviceMinor}, of whose numbers the kernel cuts off the upper bits`,
    }
  }
  if (entry.type === 'character-device' && deviceMajor % majors === 0 && deviceMinor % minors === 0) {
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

/** Linux has 12 bits for the major number of a device, and 20 for the minor. */
const majors = 2 ** 12
const minors = 2 ** 20

function fits(number: number, count: number): boolean {
  return number >= 0 && number < count
}

function isDevice({ type }: LayerEntry): boolean {
  return type === 'character-device' || type === 'block-device'
}

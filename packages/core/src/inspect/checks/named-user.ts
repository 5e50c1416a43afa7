import { groupsOf } from '../accounts.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import { isWholeImage, type InspectedImage } from '../inspected-image.ts'
import { runAsNonRoot } from '../starts/run-as-non-root.ts'

const rule: Rule = {
  id: 'named-user',
  class: 'broken',
  severity: 'low',
  title: 'The user or group of the config is not one that every runtime can tell.',
}

/** A user that is unknown or root is a finding of `root-user`. */
export const namedUser: Check = { rule, image: named }

function* named(inspected: InspectedImage): Generator<Finding> {
  const [user = '', group = ''] = inspected.image.config.user.split(':')
  if (isName(user) && user !== 'root')
    yield { rule, message: `Kubernetes refuses it with runAsNonRoot: ${runAsNonRoot(inspected).why}` }
  if (!isName(group) || !isWholeImage(inspected) || groupsOf(inspected).has(group)) return
  yield { rule, severity: 'medium', message: `the group ${JSON.stringify(group)} is not in /etc/group` }
}

function isName(text: string): boolean {
  return text !== '' && !/^[+-]?\d+$/.test(text)
}

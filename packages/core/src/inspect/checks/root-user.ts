import { displayPath } from '../../image/layer-path.ts'
import { accountsOf, userOf } from '../accounts.ts'
import type { Check } from '../check.ts'
import type { Rule } from '../finding.ts'

const rule: Rule = {
  id: 'root-user',
  class: 'root-user',
  severity: 'medium',
  title: 'The container starts as root, or as a user that cannot be told.',
}

export const rootUser: Check = {
  rule,
  *image(inspected) {
    const user = userOf(inspected)
    if (user.kind === 'root')
      yield { rule, message: `the container starts as root (User: ${JSON.stringify(user.written)})` }
    if (user.kind === 'unknown')
      yield { rule, message: `the user ${JSON.stringify(user.written)} is not in /etc/passwd` }
    for (const account of accountsOf(inspected)) {
      const name = displayPath(account.name)
      if (account.uid === 0 && account.name !== 'root') {
        yield { rule, severity: 'high', message: `/etc/passwd has a second account with user id 0: ${name}` }
      }
      if (account.password === '')
        yield { rule, severity: 'high', message: `the account ${name} has an empty password` }
    }
  },
}

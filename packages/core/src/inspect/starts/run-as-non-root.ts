import { accountsOf, largestUserId } from '../accounts.ts'
import type { InspectedImage } from '../inspected-image.ts'

/** Whether Kubernetes starts the image in a pod with `runAsNonRoot: true` and no `runAsUser`. */
export interface RunAsNonRoot {
  readonly allowed: boolean
  readonly why: string
}

/**
 * The kubelet's answer (verifyRunAsNonRoot): it reads only the config's `User`, so that a name is refused whatever
 * /etc/passwd says.
 */
export function runAsNonRoot(inspected: InspectedImage): RunAsNonRoot {
  const [user = ''] = inspected.image.config.user.split(':')
  if (user === '') return no('no user is set, which is root')
  const account = accountsOf(inspected).find(({ name }) => name === user)
  if (!/^[+-]?\d+$/.test(user)) {
    const hint = account === undefined || account.uid === 0 ? '' : `; USER ${account.uid} would be accepted`
    return no(`the user ${JSON.stringify(user)} is a name, and only a number is seen not to be root${hint}`)
  }
  const uid = Number(user)
  if (uid === 0) return no(`the user id ${user} is root`)
  if (uid < 0 || uid > largestUserId) return no(`the user id ${user} is out of range`)
  // Some runtimes look for an account of that name first.
  if (account?.uid === 0) return no(`/etc/passwd has an account named ${user} with user id 0`)
  return { allowed: true, why: `the user id ${uid} is not root` }
}

function no(why: string): RunAsNonRoot {
  return { allowed: false, why }
}

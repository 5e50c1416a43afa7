import { metadataAt, type InspectedImage } from './inspected-image.ts'

/** One line of /etc/passwd. */
export interface Account {
  readonly name: string
  readonly password: string
  readonly uid: number
}

/** Who the container starts as. */
export type ContainerUser =
  | { readonly kind: 'root'; readonly written: string; readonly uid: 0 }
  | { readonly kind: 'user'; readonly written: string; readonly uid: number }
  /** A name without an account, or a number out of range: runtimes refuse to start it, or worse (CVE-2024-40635). */
  | { readonly kind: 'unknown'; readonly written: string; readonly uid: undefined }

/** The accounts of the container's /etc/passwd. */
export function accountsOf(inspected: InspectedImage): readonly Account[] {
  const lines = (metadataAt(inspected, 'etc/passwd') ?? '').split('\n')
  return lines.flatMap((line) => {
    const [name = '', password = '', uid = ''] = line.split(':')
    return name !== '' && /^\d+$/.test(uid) ? [{ name, password, uid: Number(uid) }] : []
  })
}

/** The names of the container's /etc/group. */
export function groupsOf(inspected: InspectedImage): ReadonlySet<string> {
  const lines = (metadataAt(inspected, 'etc/group') ?? '').split('\n')
  return new Set(lines.map((line) => line.split(':')[0] ?? ''))
}

/** Runtimes keep user ids in 32 bits with a sign. */
export const largestUserId: number = 2 ** 31 - 1

/** Resolves the config's `User` as runtimes do: a number, or a name of /etc/passwd; nothing is root. */
export function userOf(inspected: InspectedImage): ContainerUser {
  const written = inspected.image.config.user
  const [user = ''] = written.split(':')
  const account = accountsOf(inspected).find((known) => known.name === user)
  const uid = user === '' ? 0 : (account?.uid ?? (/^\d+$/.test(user) ? Number(user) : undefined))
  if (uid === undefined || uid > largestUserId)
    return user === 'root' ? { kind: 'root', written, uid: 0 } : { kind: 'unknown', written, uid: undefined }
  return uid === 0 ? { kind: 'root', written, uid } : { kind: 'user', written, uid }
}

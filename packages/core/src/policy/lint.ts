import { covers, needsTag } from './glob.ts'
import type { Policy, SignedAuthority } from './policy.ts'
import type { PolicyWarning, WarningCode } from './problem.ts'

/** Finds what is legal in a policy and probably not meant. What the parser sees on its way is reported there. */
export function lintPolicy(policy: Policy): readonly PolicyWarning[] {
  const warnings: PolicyWarning[] = []
  const warn = (path: string, code: WarningCode, message: string): void => {
    warnings.push({ file: policy.file, ...policy.at, path, code, message })
  }
  for (const [index, glob] of policy.images.entries()) {
    const path = `spec.images[${index}].glob`
    if (needsTag(glob)) {
      warn(
        path,
        'TAG_GLOB',
        `${glob.glob} reaches names with a tag only: an image given by digest, as a cluster gives it, never matches`,
      )
    } else if (isShort(glob.glob)) {
      warn(
        path,
        'SHORT_GLOB',
        `${glob.glob} reaches images that are written this way only: write the full name with its registry`,
      )
    }
    const outer = policy.exclude.find((excluded) => covers(excluded, glob))
    if (outer !== undefined)
      warn(path, 'UNREACHABLE', `${glob.glob} is taken out again by the exclude ${outer.glob}`)
  }
  lintAuthorities(policy, warn)
  return warnings
}

type Warn = (path: string, code: WarningCode, message: string) => void

function lintAuthorities(policy: Policy, warn: Warn): void {
  const pass = policy.authorities.findIndex(
    (authority) => authority.kind === 'static' && authority.action === 'pass',
  )
  if (pass !== -1 && policy.authorities.length > 1 && policy.require.kind === 'any') {
    const message = `authority ${policy.authorities[pass]?.name} passes everything: the others decide nothing`
    warn(`spec.authorities[${pass}]`, 'UNREACHABLE', message)
  }
  const fail = policy.authorities.findIndex(
    (authority) => authority.kind === 'static' && authority.action === 'fail',
  )
  if (fail !== -1 && policy.authorities.length > 1 && policy.require.kind === 'any') {
    const message = `authority ${policy.authorities[fail]?.name} fails always: beside others it changes nothing`
    warn(`spec.authorities[${fail}]`, 'UNREACHABLE', message)
  }
  lintKeys(policy, warn)
  if (policy.mode !== 'enforce') {
    warn('spec.mode', 'NO_DECISION', `mode ${policy.mode}: what fails is reported and let through`)
  }
}

function lintKeys({ authorities, require }: Policy, warn: Warn): void {
  const seen = new Map<string, string>()
  for (const [index, authority] of authorities.entries()) {
    if (authority.kind === 'static' || authority.signer.kind !== 'key') continue
    const path = `spec.authorities[${index}]`
    const { attestations, maxAge, signer, name } = authority
    if (maxAge !== undefined || attestations.some(({ maxAge: age }) => age !== undefined)) {
      const message = `${path} goes by age and a key: whoever leaves the old log entry out can have a new time for an old signature`
      warn(path, 'AGE_BY_KEY', message)
    }
    for (const text of signer.key.kind === 'data' ? signer.key.pems : [JSON.stringify(signer.key)]) {
      const claim = claimOf(text, authority, require)
      const other = seen.get(claim)
      seen.set(claim, other ?? name)
      if (other === undefined || other === name || require.kind === 'any') continue
      const message = `authorities ${other} and ${name} accept the same key: one signature satisfies both`
      warn(path, 'SAME_SIGNER', message)
    }
  }
}

/** What one signature could satisfy twice. Where all have to agree, one key may well vouch for different things. */
function claimOf(key: string, { attestations }: SignedAuthority, require: Policy['require']): string {
  return JSON.stringify([
    key,
    ...(require.kind === 'all' ? attestations.map(({ predicateType }) => predicateType) : []),
  ])
}

/** Without a dot, colon or wildcard before the first slash, the name has no registry. */
function isShort(glob: string): boolean {
  if (glob === '*' || glob === '*/*') return false
  const first = glob.split('/', 1)[0] ?? ''
  return glob.includes('/') ? !/[.:*]/.test(first) : !glob.startsWith('*')
}

import { parsePolicyFile } from './parse-policy-file.ts'
import type { PolicyFile, PolicyReading } from './parse-policy-file.ts'
import type { LocatedConfig } from './gate-config.ts'
import type { Authority } from './policy.ts'
import type { PolicyProblem, PolicyWarning, Position } from './problem.ts'

/** A file that was read. */
export interface PolicyText {
  /** As problems are to name it. */
  readonly name: string
  readonly text: string
}

/**
 * Reads several policy files as the one set that they make: what `parsePolicyFile` finds in each, and what is
 * wrong with them together. Of two TrustRoots of one name nobody could say which one a policy trusts.
 */
export function parsePolicyFiles(texts: readonly PolicyText[]): PolicyFile {
  const read = (reading?: PolicyReading): readonly PolicyFile[] =>
    texts.map(({ name, text }) => parsePolicyFile(text, name, reading))
  const plain = read()
  const config = plain.flatMap(({ configs }) => configs)[0]?.config
  const { semantics, failOnEmptyAuthorities } = config ?? {}
  // How policies are to be read may stand in any of the files.
  const files = semantics === undefined && failOnEmptyAuthorities !== false ? plain : read(config)
  const set = {
    policies: files.flatMap(({ policies }) => policies),
    trustRoots: files.flatMap(({ trustRoots }) => trustRoots),
    configs: files.flatMap(({ configs }) => configs),
    broken: files.flatMap(({ broken }) => broken),
  }
  return {
    ...set,
    problems: [
      ...files.flatMap(({ problems }) => problems),
      ...doubles('ClusterImagePolicy', set.policies),
      ...doubles('TrustRoot', set.trustRoots),
      ...laterConfigs(set.configs),
    ],
    warnings: [...files.flatMap(({ warnings }) => warnings), ...strayTrustRoots(set)],
  }
}

/** Of two configurations nobody could say which one holds. */
function laterConfigs([first, ...others]: readonly LocatedConfig[]): readonly PolicyProblem[] {
  return others.map(({ file, at, name }) => {
    const message = `${name} configures the gate, and so does ${first?.name} of ${first?.file}:${first?.at.line}`
    return { file, ...at, path: '', code: 'CONFLICTING_FIELDS', message }
  })
}

interface Named {
  readonly name: string
  readonly file: string
  readonly at: Position
}

function doubles(kind: string, documents: readonly Named[]): readonly PolicyProblem[] {
  const first = new Map<string, Named>()
  return documents.flatMap((document) => {
    const { name, file, at } = document
    const other = first.get(name)
    if (other === undefined) {
      first.set(name, document)
      return []
    }
    const message = `invalid value: ${name}: metadata.name: ${kind} of ${other.file}:${other.at.line} has this name, too`
    return { file, ...at, path: 'metadata.name', code: 'DUPLICATE_NAME', message }
  })
}

/** A TrustRoot may come from the cluster, so a missing one is no problem of the file. */
function strayTrustRoots({
  policies,
  trustRoots,
}: Pick<PolicyFile, 'policies' | 'trustRoots'>): readonly PolicyWarning[] {
  const known = new Set(trustRoots.map(({ name }) => name))
  return policies.flatMap(({ file, at, authorities }) =>
    authorities.flatMap((authority, index) =>
      [...new Set(trustRootNames(authority))]
        .filter((name) => !known.has(name))
        .map((name): PolicyWarning => {
          const path = `spec.authorities[${index}]`
          const message = `${path} names the TrustRoot ${name}, which is in none of these files`
          return { file, ...at, path, code: 'UNKNOWN_TRUST_ROOT', message }
        }),
    ),
  )
}

function trustRootNames(authority: Authority): readonly string[] {
  if (authority.kind === 'static') return []
  const { signer, log, timestamp } = authority
  const named = [
    signer.kind === 'keyless' ? signer.trustRootRef : undefined,
    log.trustRootRef,
    timestamp.demand === 'required' ? timestamp.trustRootRef : undefined,
  ]
  return named.filter((name) => name !== undefined)
}

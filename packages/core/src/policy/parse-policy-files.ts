import { parsePolicyFile } from './parse-policy-file.ts'
import type { PolicyFile } from './parse-policy-file.ts'
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
  const files = texts.map(({ name, text }) => parsePolicyFile(text, name))
  const set = {
    policies: files.flatMap(({ policies }) => policies),
    trustRoots: files.flatMap(({ trustRoots }) => trustRoots),
    broken: files.flatMap(({ broken }) => broken),
  }
  return {
    ...set,
    problems: [
      ...files.flatMap(({ problems }) => problems),
      ...doubles('ClusterImagePolicy', set.policies),
      ...doubles('TrustRoot', set.trustRoots),
    ],
    warnings: [...files.flatMap(({ warnings }) => warnings), ...strayTrustRoots(set)],
  }
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

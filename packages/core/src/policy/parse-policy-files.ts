import { parsePolicyFile } from './parse-policy-file.ts'
import type { PolicyFile, PolicyReading } from './parse-policy-file.ts'
import type { LocatedConfig } from './gate-config.ts'
import { clusterConfigName } from './parse/parse-gate-config.ts'
import type { Authority, Policy } from './policy.ts'
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
  const kept = plain.flatMap((file) => file.kept)
  // How policies are to be read, and what they refer to, may stand in any of the files.
  const isPlain = config === undefined && kept.length === 0
  const files = isPlain ? plain : read({ ...config, kept })
  const set = {
    policies: files.flatMap(({ policies }) => policies),
    trustRoots: files.flatMap(({ trustRoots }) => trustRoots),
    configs: files.flatMap(({ configs }) => configs),
    kept,
    broken: files.flatMap(({ broken }) => broken),
  }
  return {
    ...set,
    problems: [
      ...files.flatMap(({ problems }) => problems),
      ...doubles('ClusterImagePolicy', set.policies),
      ...doubles('TrustRoot', set.trustRoots),
      ...doubles('Secret', ofKind(kept, 'Secret')),
      ...doubles('ConfigMap', ofKind(kept, 'ConfigMap')),
      ...laterConfigs(set.configs),
      ...(set.broken.length > 0 ? [] : strayTexts(kept, plain)),
    ],
    warnings: [...files.flatMap(({ warnings }) => warnings), ...strayTrustRoots(set)],
  }
}

function ofKind(kept: PolicyFile['kept'], wanted: 'Secret' | 'ConfigMap'): PolicyFile['kept'] {
  return kept.filter(({ kind }) => kind === wanted)
}

/** A Secret or ConfigMap to which no policy refers: it may be misspelled settings, or a misspelled key. */
function strayTexts(kept: PolicyFile['kept'], plain: readonly PolicyFile[]): readonly PolicyProblem[] {
  const wanted = new Set(plain.flatMap(({ policies }) => policies).flatMap(textNames))
  return kept
    .filter(({ kind, name }) => !wanted.has(`${kind} ${name}`))
    .map(({ kind, name, file, at }) => {
      const message = `no policy refers to the ${kind} ${name}`
      const hint = `settings are read from the ConfigMap ${clusterConfigName}`
      return { file, ...at, path: 'metadata.name', code: 'UNKNOWN_KIND', message, hint }
    })
}

/** The Secrets and ConfigMaps that a policy refers to. */
function textNames({ authorities, program }: Policy): readonly string[] {
  const signed = authorities.filter((authority) => authority.kind === 'signed')
  const keys = signed.flatMap(({ signer }) => (signer.kind === 'key' ? signer.key : (signer.caCert ?? [])))
  const programs = [
    program,
    ...signed.flatMap(({ attestations }) => attestations.map((each) => each.program)),
  ]
  return [
    ...keys.flatMap((key) => (key.kind === 'secret' ? `Secret ${key.name}` : [])),
    ...programs.flatMap((each) =>
      each?.source.kind === 'config-map' ? `ConfigMap ${each.source.name}` : [],
    ),
  ]
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

import type { Statement } from './statement.ts'

/** SLSA provenance as auditors ask for it; a field is missing where the predicate does not say. */
export interface Provenance {
  readonly version: 'v0.2' | 'v1'
  readonly builder?: string
  readonly buildType?: string
  /** The repository that was built, as the predicate names it. */
  readonly source?: string
  /** The commit that was built. */
  readonly commit?: string
  readonly ref?: string
  /** What started the build: the workflow's entry point or event. */
  readonly trigger?: string
  readonly invocation?: string
  readonly parameters: unknown
  readonly materials: readonly Material[]
}

export interface Material {
  readonly uri: string
  readonly digest: Readonly<Record<string, string>>
}

/** The most materials that are read. */
const maxMaterials = 10_000

/**
 * Reads SLSA provenance v0.2 or v1 (slsa.dev/provenance); undefined for other predicates. It is the builder's
 * word, as good as the signature: nothing is checked against the certificate here.
 */
export function readProvenance(statement: Statement): Provenance | undefined {
  if (/^https:\/\/slsa\.dev\/provenance\/v1$/.test(statement.predicateType))
    return readV1(statement.predicate)
  if (statement.predicateType === 'https://slsa.dev/provenance/v0.2') return readV02(statement.predicate)
  return undefined
}

function readV02(predicate: unknown): Provenance {
  const invocation = at(predicate, 'invocation')
  const configSource = at(invocation, 'configSource')
  const environment = at(invocation, 'environment')
  const uri = textAt(configSource, 'uri')
  const { source, ref } = splitSource(uri)
  return compact({
    version: 'v0.2',
    builder: textAt(at(predicate, 'builder'), 'id'),
    buildType: textAt(predicate, 'buildType'),
    source,
    commit: textAt(at(configSource, 'digest'), 'sha1') ?? textAt(environment, 'github_sha1'),
    ref: ref ?? textAt(environment, 'github_ref'),
    trigger: textAt(environment, 'github_event_name') ?? textAt(configSource, 'entryPoint'),
    invocation:
      textAt(at(predicate, 'metadata'), 'buildInvocationID') ??
      textAt(at(predicate, 'metadata'), 'buildInvocationId'),
    parameters: at(invocation, 'parameters'),
    materials: materialsOf(at(predicate, 'materials')),
  })
}

function readV1(predicate: unknown): Provenance {
  const definition = at(predicate, 'buildDefinition')
  const details = at(predicate, 'runDetails')
  const external = at(definition, 'externalParameters')
  const workflow = at(external, 'workflow')
  const materials = materialsOf(at(definition, 'resolvedDependencies'))
  const repository = textAt(workflow, 'repository') ?? textAt(at(external, 'source'), 'uri')
  const { source, ref } = splitSource(repository)
  const built = materials.find(({ uri }) => source !== undefined && splitSource(uri).source === source)
  return compact({
    version: 'v1',
    builder: textAt(at(details, 'builder'), 'id'),
    buildType: textAt(definition, 'buildType'),
    source,
    commit: built?.digest['gitCommit'] ?? built?.digest['sha1'],
    ref: textAt(workflow, 'ref') ?? ref,
    trigger: textAt(at(at(definition, 'internalParameters'), 'github'), 'event_name'),
    invocation: textAt(at(details, 'metadata'), 'invocationId'),
    parameters: external,
    materials,
  })
}

/** `git+https://host/repo@refs/tags/v1` names a repository and, after the last @, what of it was taken. */
function splitSource(uri: string | undefined): { readonly source?: string; readonly ref?: string } {
  if (uri === undefined) return {}
  const plain = uri.startsWith('git+') ? uri.slice('git+'.length) : uri
  const cut = plain.lastIndexOf('@')
  // A user name before the host is no reference.
  if (cut <= plain.indexOf('://') + 3 || !plain.slice(0, cut).includes('/', 8)) return { source: plain }
  return { source: plain.slice(0, cut), ref: plain.slice(cut + 1) }
}

function materialsOf(value: unknown): readonly Material[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, maxMaterials).flatMap((item: unknown) => {
    const uri = textAt(item, 'uri')
    return uri === undefined ? [] : [{ uri, digest: textsOf(at(item, 'digest')) }]
  })
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

function textAt(value: unknown, key: string): string | undefined {
  const text = at(value, key)
  return typeof text === 'string' && text !== '' ? text : undefined
}

type Draft = { readonly [Key in keyof Provenance]: Provenance[Key] | undefined }

/** Leaves out what is undefined. */
function compact(draft: Draft & Pick<Provenance, 'version' | 'materials'>): Provenance {
  const { version, materials, parameters, ...rest } = draft
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { version, materials, parameters, ...Object.fromEntries(said) }
}

import type { GateConfig, LocatedConfig } from './gate-config.ts'
import { lintPolicy } from './lint.ts'
import type { PolicyContext } from './parse/context.ts'
import type { Located } from './parse/located.ts'
import { parseClusterConfig, parseGateConfig } from './parse/parse-gate-config.ts'
import { readKeptTexts, type KeptTexts } from './parse/kept-texts.ts'
import { readKind, readName, readNamespace, type DocumentKind } from './parse/parse-kind.ts'
import { parseGlobs, parseSpec } from './parse/parse-spec.ts'
import { parseTrustRootSpec } from './parse/parse-trust-root.ts'
import { readYaml } from './parse/read-yaml.ts'
import { complain, readFields } from './parse/slot.ts'
import type { Fields, Slot } from './parse/slot.ts'
import type { BrokenPolicy, Policy } from './policy.ts'
import { describeProblem } from './problem.ts'
import type { PolicyProblem, PolicyWarning } from './problem.ts'
import type { NamedTrustRoot } from './trust-root-source.ts'

/** What a policy file holds. */
export interface PolicyFile {
  readonly policies: readonly Policy[]
  readonly trustRoots: readonly NamedTrustRoot[]
  readonly configs: readonly LocatedConfig[]
  /** Secrets and ConfigMaps, for policies that refer to them. */
  readonly kept: readonly KeptTexts[]
  /** Policies with problems: an error for every image that their globs reach, never absent. */
  readonly broken: readonly BrokenPolicy[]
  /** With any of these the file would be refused. In the order of the file. */
  readonly problems: readonly PolicyProblem[]
  /** What is legal and probably wrong. */
  readonly warnings: readonly PolicyWarning[]
}

/** How documents are to be read, where a GateConfig says so. */
export type PolicyReading = Pick<GateConfig, 'semantics' | 'failOnEmptyAuthorities'> & {
  /** The Secrets and ConfigMaps of all files. */
  readonly kept?: readonly KeptTexts[]
}

interface Collected {
  readonly policies: Policy[]
  readonly trustRoots: NamedTrustRoot[]
  readonly configs: LocatedConfig[]
  readonly kept: KeptTexts[]
  readonly broken: BrokenPolicy[]
  readonly problems: PolicyProblem[]
  readonly warnings: PolicyWarning[]
}

/**
 * Reads the documents of a YAML file: ClusterImagePolicy and TrustRoot of policy.sigstore.dev as they are, our own
 * ClusterImagePolicy and ImagePolicy (assay.dev/v1alpha1) with their optional fields, and GateConfig. Finds all
 * problems at once; throws nothing. An unknown field is a problem, and so is one that this version cannot honour.
 */
export function parsePolicyFile(text: string, fileName: string, reading: PolicyReading = {}): PolicyFile {
  const { documents, problems } = readYaml(text, fileName)
  const found: Collected = {
    policies: [],
    trustRoots: [],
    configs: [],
    kept: [],
    broken: [],
    problems: [...problems],
    warnings: [],
  }
  for (const document of documents) readDocument(document, { file: fileName, found, reading })
  if (documents.length === 0 && problems.length === 0) {
    const message = 'no policy in this file'
    found.problems.push({ file: fileName, line: 1, column: 1, path: '', code: 'NO_POLICY', message })
  }
  if (found.problems.length > 0 && (problems.length > 0 || documents.length === 0)) {
    // A part of the file could not be read at all: nobody knows which images it was about.
    found.broken.push({
      name: fileName,
      file: fileName,
      images: undefined,
      problems: found.problems.map(describeProblem),
    })
  }
  return { ...found, problems: found.problems.toSorted((a, b) => a.line - b.line || a.column - b.column) }
}

interface Run {
  readonly file: string
  readonly found: Collected
  readonly reading: PolicyReading
}

function readDocument(value: Located, run: Run): void {
  const { file, found } = run
  const problems: PolicyProblem[] = []
  const sink = {
    file,
    add: (problem: PolicyProblem) => void problems.push(problem),
    explicit: isOwnKind(value),
  }
  const root: Slot = { path: '', at: value.at, value, sink }
  const fields = readFields(root, ['apiVersion', 'kind', 'metadata', 'spec', 'status', ...dataOf(value)])
  const { kind, ...named } = fields === undefined ? { name: file, kind: undefined } : readHead(fields, file)
  const described = { ...named, file, at: value.at }
  if (fields !== undefined && kind !== undefined) readKindOf(fields, kind, { described, run, problems })
  if (problems.length === 0) return
  found.problems.push(...problems)
  if (kind !== undefined && kind.kind !== 'policy') return
  const images = fields === undefined ? undefined : reachOf(fields)
  found.broken.push({ ...named, file, images, problems: problems.map(describeProblem) })
}

function isOwnKind(document: Located): boolean {
  const version = document.kind === 'map' ? document.entries.get('apiVersion')?.value : undefined
  return version?.kind === 'string' && version.value === 'assay.dev/v1alpha1'
}

const contents: ReadonlyMap<string, readonly string[]> = new Map([
  ['ConfigMap', ['data', 'binaryData', 'immutable']],
  ['Secret', ['data', 'stringData', 'type', 'immutable']],
])

/** What a ConfigMap or a Secret has instead of a `spec`. */
function dataOf(document: Located): readonly string[] {
  const kind = document.kind === 'map' ? document.entries.get('kind')?.value : undefined
  return (kind?.kind === 'string' ? contents.get(kind.value) : undefined) ?? []
}

interface Head {
  readonly kind: DocumentKind | undefined
  /** The file's where it has none. */
  readonly name: string
  readonly namespace?: string
}

function readHead(fields: Fields, file: string): Head {
  const name = readName(fields)
  const kind = readKind(fields, name)
  const namespace = kind?.kind === 'policy' && kind.scope === 'namespace' ? readNamespace(fields) : undefined
  if (namespace === undefined) return { kind, name: name ?? file }
  return { kind, name: `${namespace}/${name ?? file}`, namespace }
}

interface Place {
  readonly described: {
    readonly name: string
    readonly namespace?: string
    readonly file: string
    readonly at: Located['at']
  }
  readonly run: Run
  readonly problems: readonly PolicyProblem[]
}

function readKindOf(fields: Fields, kind: DocumentKind, place: Place): void {
  const { described, run, problems } = place
  const { found } = run
  if (kind.kind === 'policy') {
    readPolicy(fields, kind, place)
    return
  }
  if (kind.kind === 'trust-root') {
    const source = parseTrustRootSpec(fields.get('spec'))
    if (found.trustRoots.some(({ name }) => name === described.name)) complainTwice(fields, described.name)
    if (source !== undefined && problems.length === 0) found.trustRoots.push({ ...described, source })
    return
  }
  if (kind.kind === 'texts') {
    if (found.kept.some(({ kind: of, name }) => of === kind.of && name === described.name))
      complainTwice(fields, described.name)
    const entries = readKeptTexts(kind.of, fields)
    if (problems.length === 0) found.kept.push({ ...described, kind: kind.of, entries })
    return
  }
  const config =
    kind.kind === 'gate-config'
      ? parseGateConfig(fields.get('spec'))
      : parseClusterConfig(fields, warnerOf(described.file, found))
  if (config !== undefined && problems.length === 0) found.configs.push({ ...described, config })
}

function readPolicy(
  fields: Fields,
  { own }: Extract<DocumentKind, { readonly kind: 'policy' }>,
  { described, run: { found, reading }, problems }: Place,
): void {
  const semantics = reading.semantics ?? (own ? 'strict' : 'compat')
  const context: PolicyContext = {
    semantics,
    extended: own,
    emptyAuthorities: reading.failOnEmptyAuthorities === false,
    kept: reading.kept ?? [],
    warn: warnerOf(described.file, found),
  }
  if (own && semantics === 'compat')
    context.warn(
      fields.slot,
      'WEAKER_SEMANTICS',
      `the GateConfig has ${described.name} read as policy-controller would`,
    )
  const spec = parseSpec(fields.get('spec'), context)
  if (found.policies.some(({ name }) => name === described.name)) complainTwice(fields, described.name)
  if (spec === undefined || problems.length > 0) return
  const policy: Policy = { ...described, semantics, ...spec }
  found.policies.push(policy)
  found.warnings.push(...lintPolicy(policy))
}

function warnerOf(file: string, { warnings }: Collected): PolicyContext['warn'] {
  return (slot, code, message) => void warnings.push({ file, ...slot.at, path: slot.path, code, message })
}

function complainTwice(fields: Fields, name: string): void {
  const slot = fields.get('metadata')
  complain(slot, {
    code: 'DUPLICATE_NAME',
    message: `invalid value: ${name}: metadata.name: used twice in this file`,
  })
}

/** The globs of a policy that has problems elsewhere; undefined where the globs themselves are not to be trusted. */
function reachOf(fields: Fields): BrokenPolicy['images'] {
  const problems: PolicyProblem[] = []
  const sink = { file: '', add: (problem: PolicyProblem) => void problems.push(problem) }
  const spec = fields.get('spec')
  if (spec.value?.kind !== 'map') return undefined
  const images = spec.value.entries.get('images')?.value
  if (images === undefined) return undefined
  const globs = parseGlobs({ path: 'spec.images', at: images.at, value: images, sink })
  return problems.length > 0 || globs.length === 0 ? undefined : globs
}

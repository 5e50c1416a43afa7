import { lintPolicy } from './lint.ts'
import type { PolicyContext } from './parse/context.ts'
import type { Located } from './parse/located.ts'
import { parseGlobs, parseSpec } from './parse/parse-spec.ts'
import { parseTrustRootSpec } from './parse/parse-trust-root.ts'
import { readYaml } from './parse/read-yaml.ts'
import { complain, complainMissing, complainValue, readEntries, readFields, readText } from './parse/slot.ts'
import type { Fields, Slot } from './parse/slot.ts'
import type { BrokenPolicy, Policy } from './policy.ts'
import { describeProblem } from './problem.ts'
import type { PolicyProblem, PolicyWarning } from './problem.ts'
import type { NamedTrustRoot } from './trust-root-source.ts'

/** What a policy file holds. */
export interface PolicyFile {
  readonly policies: readonly Policy[]
  readonly trustRoots: readonly NamedTrustRoot[]
  /** Policies with problems: an error for every image that their globs reach, never absent. */
  readonly broken: readonly BrokenPolicy[]
  /** With any of these the file would be refused. In the order of the file. */
  readonly problems: readonly PolicyProblem[]
  /** What is legal and probably wrong. */
  readonly warnings: readonly PolicyWarning[]
}

interface Collected {
  readonly policies: Policy[]
  readonly trustRoots: NamedTrustRoot[]
  readonly broken: BrokenPolicy[]
  readonly problems: PolicyProblem[]
  readonly warnings: PolicyWarning[]
}

const policyVersions: Readonly<Record<string, PolicyContext['semantics']>> = {
  'policy.sigstore.dev/v1alpha1': 'compat',
  'policy.sigstore.dev/v1beta1': 'compat',
  'assay.dev/v1alpha1': 'strict',
}

/**
 * Reads the ClusterImagePolicy and TrustRoot documents of a YAML file: those of policy.sigstore.dev as they are,
 * and our own kind, assay.dev/v1alpha1, with its optional fields. Finds all problems at once; throws nothing.
 * An unknown field is a problem, and so is a field that this version cannot honour.
 */
export function parsePolicyFile(text: string, fileName: string): PolicyFile {
  const { documents, problems } = readYaml(text, fileName)
  const found: Collected = { policies: [], trustRoots: [], broken: [], problems: [...problems], warnings: [] }
  for (const document of documents) readDocument(document, fileName, found)
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

function readDocument(value: Located, file: string, found: Collected): void {
  const problems: PolicyProblem[] = []
  const sink = {
    file,
    add: (problem: PolicyProblem) => void problems.push(problem),
    explicit: isOwnKind(value),
  }
  const root: Slot = { path: '', at: value.at, value, sink }
  const fields = readFields(root, ['apiVersion', 'kind', 'metadata', 'spec', 'status'])
  const name = fields === undefined ? undefined : readName(fields)
  const kind = fields === undefined ? undefined : readKind(fields)
  const described = { name: name ?? file, file, at: value.at }
  if (fields !== undefined && kind !== undefined) readKindOf(fields, kind, { described, found, problems })
  if (problems.length === 0) return
  found.problems.push(...problems)
  if (kind?.kind === 'TrustRoot') return
  found.broken.push({
    name: described.name,
    file,
    images: fields === undefined ? undefined : reachOf(fields),
    problems: problems.map(describeProblem),
  })
}

function isOwnKind(document: Located): boolean {
  const version = document.kind === 'map' ? document.entries.get('apiVersion')?.value : undefined
  return version?.kind === 'string' && version.value === 'assay.dev/v1alpha1'
}

interface Place {
  readonly described: { readonly name: string; readonly file: string; readonly at: Located['at'] }
  readonly found: Collected
  readonly problems: readonly PolicyProblem[]
}

function readKindOf(fields: Fields, kind: Kind, { described, found, problems }: Place): void {
  if (kind.kind === 'TrustRoot') {
    const source = parseTrustRootSpec(fields.get('spec'))
    if (found.trustRoots.some(({ name }) => name === described.name)) complainTwice(fields, described.name)
    if (source !== undefined && problems.length === 0) found.trustRoots.push({ ...described, source })
    return
  }
  const context: PolicyContext = {
    semantics: kind.semantics,
    extended: kind.semantics === 'strict',
    warn: (slot, code, message) =>
      void found.warnings.push({ file: described.file, ...slot.at, path: slot.path, code, message }),
  }
  const spec = parseSpec(fields.get('spec'), context)
  if (found.policies.some(({ name }) => name === described.name)) complainTwice(fields, described.name)
  if (spec === undefined || problems.length > 0) return
  const policy: Policy = { ...described, semantics: kind.semantics, ...spec }
  found.policies.push(policy)
  found.warnings.push(...lintPolicy(policy))
}

function complainTwice(fields: Fields, name: string): void {
  const slot = fields.get('metadata')
  complain(slot, {
    code: 'DUPLICATE_NAME',
    message: `invalid value: ${name}: metadata.name: used twice in this file`,
  })
}

type Kind =
  | { readonly kind: 'ClusterImagePolicy'; readonly semantics: PolicyContext['semantics'] }
  | { readonly kind: 'TrustRoot' }

function readKind(fields: Fields): Kind | undefined {
  const version = readText(fields.get('apiVersion'))
  const kind = readText(fields.get('kind'))
  for (const name of ['apiVersion', 'kind']) if (!fields.has(name)) complainMissing(fields, [name])
  if (version === undefined || kind === undefined) return undefined
  const semantics = Object.hasOwn(policyVersions, version) ? policyVersions[version] : undefined
  if (kind === 'ClusterImagePolicy' && semantics !== undefined) return { kind, semantics }
  if (kind === 'TrustRoot' && version === 'policy.sigstore.dev/v1alpha1') return { kind }
  const hint = `known: ClusterImagePolicy of ${Object.keys(policyVersions).join(', ')}; TrustRoot of policy.sigstore.dev/v1alpha1`
  complain(fields.get('kind'), { code: 'UNKNOWN_KIND', message: `unknown kind: ${kind} of ${version}`, hint })
  return undefined
}

/** The rest of the metadata is the cluster's business. */
function readName(fields: Fields): string | undefined {
  const entries = new Map(readEntries(fields.get('metadata')))
  const slot = entries.get('name')
  const name = slot === undefined ? undefined : readText(slot)
  if (slot === undefined || name === undefined) {
    complain(fields.get('metadata'), { code: 'MISSING_FIELD', message: 'missing field(s): metadata.name' })
    return undefined
  }
  // RFC 1123 subdomain, as the cluster demands; it also keeps control characters out of reports.
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name))
    return name
  complainValue(slot, name, { expected: 'lower-case letters, digits, - and .' })
  return undefined
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

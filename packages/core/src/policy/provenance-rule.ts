import { readProvenance } from '../statement/slsa-provenance.ts'
import type { Provenance } from '../statement/slsa-provenance.ts'
import type { Identity } from '../trust/identity.ts'
import type { Proof } from '../verify/proof.ts'
import { sourceOf } from './candidates.ts'
import { matchesText } from './glob.ts'
import type { Glob } from './glob.ts'
import type { Reason } from './reason.ts'

/** What SLSA provenance has to say (gates.md §7.2); what is not asked for is undefined. */
export interface ProvenanceRule {
  /** The builder's id; without `@` any version of it. */
  readonly builder?: string
  /** The repository that was built, without a scheme: `github.com/acme/app`. */
  readonly source?: string
  /** The Git reference that was built: exactly, or a tag or branch by pattern. */
  readonly ref?: Glob
  readonly minLevel?: number
  /** What the build was started with: a path of names below the external parameters, and its value as text. */
  readonly parameters?: Readonly<Record<string, string>>
}

const gitHub = 'https://token.actions.githubusercontent.com'
/** Builders whose isolation is known to reach build level 3, each by the workflow that signs for it. */
const levelThree = [
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml',
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml',
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml',
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_container-based_slsa3.yml',
]

/**
 * Why provenance does not satisfy a rule. What the statement says counts as far as its signer may say it: a GitHub
 * workflow speaks for itself as a builder and for the repository in its certificate, and for no others.
 */
export function provenanceFault(rule: ProvenanceRule, proof: Proof): Reason | undefined {
  const provenance = proof.content.kind === 'statement' ? readProvenance(proof.content.statement) : undefined
  const on = sourceOf(proof)
  if (provenance === undefined)
    return { code: 'PROVENANCE_MISMATCH', step: 'content', on, message: 'it is no SLSA provenance' }
  const identity = gitHubIdentity(proof)
  const fault =
    builderFault(rule, provenance, identity) ??
    sourceFault(rule, provenance, identity) ??
    refFault(rule, provenance, identity) ??
    levelFault(rule, provenance, identity) ??
    parameterFault(rule, provenance)
  return fault === undefined ? undefined : { code: 'PROVENANCE_MISMATCH', step: 'content', on, ...fault }
}

type Fault = Pick<Reason, 'message' | 'expected' | 'got' | 'hint'>

function gitHubIdentity({ signer }: Proof): Identity | undefined {
  return signer.kind === 'certificate' && signer.identity.issuer === gitHub ? signer.identity : undefined
}

function builderFault(
  { builder }: ProvenanceRule,
  provenance: Provenance,
  identity: Identity | undefined,
): Fault | undefined {
  const id = provenance.builder
  if (builder !== undefined) {
    // A name is compared as a whole: a prefix would let `…/runner-evil` be `…/runner` (attack I-09).
    const name = builder.includes('@') ? id : withoutVersion(id)
    if (name !== builder)
      return {
        message: `built by ${id ?? 'nobody it names'}, not by ${builder}`,
        expected: builder,
        got: id ?? '',
      }
  }
  if (identity === undefined || id === undefined || isItself(id, identity)) return undefined
  return {
    message: `the signer ${identity.subject} cannot speak for the builder ${id}`,
    expected: identity.subject,
    got: id,
  }
}

/** A workflow is its own builder; GitHub's runners are the builder of every workflow that ran on them. */
function isItself(id: string, { subject, extensions }: Identity): boolean {
  if (id === subject || id === extensions['buildSignerURI']) return true
  return id === `https://github.com/actions/runner/${extensions['runnerEnvironment'] ?? 'unknown'}`
}

function sourceFault(
  { source }: ProvenanceRule,
  provenance: Provenance,
  identity: Identity | undefined,
): Fault | undefined {
  if (source === undefined) return undefined
  const built = provenance.source === undefined ? undefined : withoutScheme(provenance.source)
  if (built !== source)
    return {
      message: `built from ${built ?? 'no source it names'}, not from ${source}`,
      expected: source,
      got: built ?? '',
    }
  const certified = certifiedSource(identity)
  if (certified === undefined || certified === source) return undefined
  return {
    message: `the certificate is for ${certified}, not for ${source}`,
    expected: source,
    got: certified,
  }
}

function refFault(
  { ref }: ProvenanceRule,
  provenance: Provenance,
  identity: Identity | undefined,
): Fault | undefined {
  if (ref === undefined) return undefined
  const certified = identity?.extensions['sourceRepositoryRef'] ?? identity?.extensions['githubWorkflowRef']
  for (const built of identity === undefined ? [provenance.ref] : [provenance.ref, certified]) {
    if (built === undefined || !matchesText(ref, built)) {
      return {
        message: `built from ${built ?? 'no reference it names'}, not from ${ref.glob}`,
        expected: ref.glob,
        got: built ?? '',
      }
    }
  }
  return undefined
}

function levelFault(
  { minLevel }: ProvenanceRule,
  provenance: Provenance,
  identity: Identity | undefined,
): Fault | undefined {
  const level = levelOf(provenance, identity)
  if (minLevel === undefined || level >= minLevel) return undefined
  return {
    message: `this builder is trusted for SLSA build level ${level}, level ${minLevel} is demanded`,
    expected: String(minLevel),
    got: String(level),
    hint: 'levels are given to builders that are known; provenance says nothing about its own level',
  }
}

/** Only what the builder was asked from outside counts, never its own internal parameters. */
function parameterFault({ parameters = {} }: ProvenanceRule, provenance: Provenance): Fault | undefined {
  for (const [path, expected] of Object.entries(parameters)) {
    const value = path.split('.').reduce<unknown>(valueAt, provenance.parameters)
    const got = ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
    if (got === expected) continue
    return {
      message: `built with ${path} ${got ?? 'that it does not say'}, not with ${expected}`,
      expected,
      got: got ?? '',
    }
  }
  return undefined
}

function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}

/** The SLSA build level that a proof of provenance is worth, by its signer and builder. */
export function buildLevel(proof: Proof): number {
  const provenance = proof.content.kind === 'statement' ? readProvenance(proof.content.statement) : undefined
  return provenance === undefined ? 0 : levelOf(provenance, gitHubIdentity(proof))
}

/** By the pair of signer and builder (gates.md §7.2): 1 unless more is known. */
function levelOf(provenance: Provenance, identity: Identity | undefined): number {
  if (identity === undefined) return 1
  const isKnown = levelThree.some((known) => withoutVersion(identity.subject) === known)
  if (isKnown && /@refs\/tags\/v\d+\.\d+\.\d+$/.test(identity.subject)) return 3
  // GitHub's own attestations: the workflow could sign anything, unless one that its authors cannot change signs.
  const isHosted = identity.extensions['runnerEnvironment'] === 'github-hosted'
  return isHosted && provenance.version === 'v1' ? (isForeignWorkflow(identity) ? 3 : 2) : 1
}

/** A workflow of another repository than the one that was built, at a version that does not move. */
function isForeignWorkflow(identity: Identity): boolean {
  const { buildSignerURI } = identity.extensions
  const source = certifiedSource(identity)
  const repository = /^https:\/\/(github\.com\/[^/]+\/[^/]+)\/\.github\/workflows\//.exec(
    buildSignerURI ?? '',
  )?.[1]
  if (repository === undefined || source === undefined) return false
  const isPinned = /@(?:refs\/tags\/v\d+\.\d+\.\d+|[0-9a-f]{40})$/.test(buildSignerURI ?? '')
  return isPinned && repository.toLowerCase() !== source.toLowerCase()
}

function certifiedSource(identity: Identity | undefined): string | undefined {
  if (identity === undefined) return undefined
  const { sourceRepositoryURI, githubWorkflowRepository } = identity.extensions
  if (sourceRepositoryURI !== undefined) return withoutScheme(sourceRepositoryURI)
  return githubWorkflowRepository === undefined ? undefined : `github.com/${githubWorkflowRepository}`
}

function withoutVersion(id: string | undefined): string | undefined {
  const cut = id?.lastIndexOf('@') ?? -1
  return cut === -1 ? id : id?.slice(0, cut)
}

function withoutScheme(uri: string): string {
  return uri.replace(/^(?:git\+)?https:\/\//, '')
}

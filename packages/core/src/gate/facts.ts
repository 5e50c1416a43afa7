import {
  CodedError,
  fetchManifest,
  isIndexType,
  parseReference,
  RegistryError,
  type Call,
  type Digest,
  type Reference,
} from '@assay/registry'
import type { FoundAttachment } from '../attach/attachment.ts'
import { findAttachments } from '../attach/find-attachments.ts'
import type { Decision } from '../policy/decision.ts'
import type { BreakGlassRequest } from '../policy/break-glass.ts'
import type { Facts, InspectionFact, Known, NamespaceFact, ObjectFact } from '../policy/facts.ts'
import { matchesImage, mayMatchDigest } from '../policy/glob.ts'
import type { Glob } from '../policy/glob.ts'
import { imageNames } from '../policy/image-names.ts'
import type { ImageNames, NamedImage } from '../policy/image-names.ts'
import { appliesTo, type Candidate } from '../policy/match.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import type { ImagePlace } from '../policy/image-place.ts'
import type { Policy } from '../policy/policy.ts'
import { viewsOf } from '../policy/view.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { loadImages } from '../image/load-images.ts'
import { configFacts } from './config-facts.ts'
import { collectEvidence } from './collect-evidence.ts'
import type { Remembering } from './memory/decision-memory.ts'
import type { GateIo } from './gate-io.ts'
import { programFacts } from './program-facts.ts'

/** An image that a decision is wanted about. */
export interface ImageRequest {
  readonly reference: string
  /** The Kubernetes object that it stands in. */
  readonly object?: ObjectFact
  /** The namespace that it is for, as far as somebody knows. */
  readonly namespace?: NamespaceFact
  readonly breakGlass?: BreakGlassRequest
  /** The index whose image for one platform it is. */
  readonly partOf?: Digest
  /** Where it was named, for the report. */
  readonly places?: readonly ImagePlace[]
  /** Why nobody can say which image this is; then nothing is looked up. */
  readonly unresolved?: { readonly message: string; readonly hint?: string }
}

export type FactsResult =
  | {
      readonly status: 'known'
      readonly facts: Facts
      /** The runnable images of an index, where the policies are about each of them. */
      readonly platforms?: readonly Digest[]
    }
  /** The answer is known from before. */
  | { readonly status: 'decided'; readonly decision: Decision }
  /** The image itself could not be had; `names` is what is known of it. */
  | { readonly status: 'unknown'; readonly names: ImageNames; readonly error: CodedError }

export interface Collecting {
  readonly io: GateIo
  readonly call: Call
  /** Asked once it is known which image it is. */
  readonly remember?: Remembering | undefined
}

/**
 * Collects what the policies need to know about an image, and nothing else: the digest is resolved once, and what
 * was found under it is what is decided about (attacks ). Static policies need no network at all.
 * @throws RegistryError INVALID_REFERENCE
 */
export async function collectFacts(
  request: ImageRequest,
  set: PolicySet,
  collecting: Collecting,
): Promise<FactsResult> {
  const { io } = collecting
  const reference = parseReference(request.reference)
  const named = namesOf(request.reference, undefined)
  const about: About = {
    ...(request.object === undefined ? {} : { object: request.object }),
    ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
  }
  if (needsNothing(set, { names: named, ...about }, request)) {
    const candidate = { names: named, ...about }
    const programs = await programFacts(
      set.policies.filter((policy) => appliesTo(policy, candidate)),
      io.program,
    )
    const facts: Facts = { ...candidate, subject: reference.digest, now: io.now, evidence: new Map() }
    return { status: 'known', facts: { ...facts, ...programs } }
  }
  // Of a tag nobody knows yet which image it is.
  const decision = named.pinned ? await collecting.remember?.recall(request, named) : undefined
  if (decision !== undefined) return { status: 'decided', decision }
  try {
    return await lookUp({ request, reference, named, about }, set, collecting)
  } catch (error) {
    if (error instanceof CodedError) return { status: 'unknown', names: named, error }
    throw error
  }
}

type About = Pick<Candidate, 'object' | 'namespace'>

interface Wanted {
  readonly request: ImageRequest
  readonly reference: Reference
  readonly named: ImageNames
  readonly about: About
}

async function lookUp(
  { request, reference, named, about }: Wanted,
  set: PolicySet,
  { io, call, remember }: Collecting,
): Promise<FactsResult> {
  const early = askedEarly(reference, { set, names: named, ...about }, { io, call })
  const opened = await openNamed(reference, request, { io, call })
  const { store, root } = opened
  const names = namesOf(request.reference, root.digest)
  const decision = named.pinned ? undefined : await remember?.recall(request, names)
  if (decision !== undefined) return { status: 'decided', decision }
  const policies = set.policies.filter((policy) => appliesTo(policy, { names, ...about }))
  const { bytes } = await fetchManifest(store, root, call)
  const [evidence, inspection, configs, programs] = await Promise.all([
    collectEvidence({ store, root, bytes }, viewsOf(policies), { io, call, early }),
    inspectFor(policies, opened, { io, call }),
    configsFor(policies, opened, call),
    programFacts(policies, io.program),
  ])
  const described = { names, subject: root.digest, now: io.now }
  return {
    status: 'known',
    facts: { ...described, evidence, ...about, ...inspection, ...configs, ...programs },
    ...(await platformsOf(opened, set, { request, call })),
  }
}

async function openNamed(
  { digest }: Reference,
  request: ImageRequest,
  { io, call }: Pick<Collecting, 'io' | 'call'>,
): Promise<OpenedImage> {
  const opened = await io.openImage(request.reference, call)
  if (digest === undefined || opened.root.digest === digest) return opened
  const message = 'the place answered with another image than the one that was named'
  const got = opened.root.digest
  throw new RegistryError('CONTENT_MISMATCH', message, { on: request.reference, expected: digest, got })
}

/**
 * What is attached to a digest can be asked for while the image itself is: one round trip less. What comes of it is
 * used for that very digest alone, which the answer to the other question has to have.
 */
function askedEarly(
  reference: Reference,
  { set, ...candidate }: { readonly set: PolicySet } & Candidate,
  { io, call }: { readonly io: GateIo; readonly call: Call },
): Promise<readonly FoundAttachment[]> | undefined {
  const { digest } = reference
  if (reference.kind !== 'registry' || digest === undefined || io.openStore === undefined) return undefined
  const policies = set.policies.filter((policy) => appliesTo(policy, candidate))
  if (!viewsOf(policies).some(({ source }) => source === undefined)) return undefined
  const early = io.openStore(reference.text).then((place) => findAttachments(place, digest, call))
  // Where the image cannot be had, nobody waits for this one.
  early.catch(() => undefined)
  return early
}

/** The name of the place that policies know an image under, without tag and digest. */
export function placeName(text: string): string {
  return namesOf(text, undefined).place
}

/** The names that policies know an image under. */
export function namesOf(text: string, digest: Digest | undefined): ImageNames {
  return imageNames({ raw: text, ...placeOf(parseReference(text)) }, digest)
}

function placeOf(reference: Reference): Omit<NamedImage, 'raw'> {
  const { digest } = reference
  if (reference.kind === 'registry') return reference
  if (reference.kind === 'daemon') {
    const directory = `docker-daemon:${reference.name}`
    return { directory, ...(digest === undefined ? {} : { digest }) }
  }
  const scheme = reference.kind === 'layout' ? 'oci' : `${reference.format}-archive`
  const directory = `${scheme}:${reference.path}`
  return { directory, ...(digest === undefined ? {} : { digest }) }
}

/** Whether the name alone decides: only static rules apply, and the digest could bring no other policy in. */
function needsNothing(set: PolicySet, candidate: Candidate, { partOf }: ImageRequest): boolean {
  const { names } = candidate
  // An index has images with digests of their own.
  const isOpen = !names.pinned || (set.platforms === 'all' && partOf === undefined)
  if (isOpen && digestMatters(set, names)) return false
  const policies = set.policies.filter((policy) => appliesTo(policy, candidate))
  return policies.length > 0 && policies.every(isStatic)
}

/** Whether a glob that does not reach the image by its name may reach it by the digest that nobody knows yet. */
function digestMatters(set: PolicySet, names: ImageNames): boolean {
  const mayTurn = (globs: readonly Glob[]): boolean =>
    !globs.some((glob) => matchesImage(glob, names)) &&
    globs.some((glob) => mayMatchDigest(glob, names.place))
  return (
    set.policies.some(({ images, exclude }) => mayTurn(images) || mayTurn(exclude)) ||
    set.broken.some(({ images = [] }) => mayTurn(images))
  )
}

function isStatic(policy: Policy): boolean {
  if (policy.inspect !== undefined || policy.requireDigest || wantsConfig(policy)) return false
  return policy.authorities.every(({ kind }) => kind === 'static')
}

/** Under `platforms: all` each image of an index is decided about, too. */
async function platformsOf(
  { store, root }: OpenedImage,
  { platforms }: PolicySet,
  { request, call }: { readonly request: ImageRequest; readonly call: Call },
): Promise<{ readonly platforms?: readonly Digest[] }> {
  if (platforms !== 'all' || request.partOf !== undefined || !isIndexType(root.mediaType)) return {}
  const { images } = await loadImages(store, root, { call })
  return { platforms: images.map(({ manifest }) => manifest.descriptor.digest) }
}

async function inspectFor(
  policies: readonly Policy[],
  opened: OpenedImage,
  { io, call }: { readonly io: GateIo; readonly call: Call },
): Promise<{ readonly inspection?: Known<InspectionFact> }> {
  if (policies.every(({ inspect }) => inspect === undefined || inspect.attestedBy !== undefined)) return {}
  return { inspection: await known(io.inspect(opened, call)) }
}

async function configsFor(
  policies: readonly Policy[],
  opened: OpenedImage,
  call: Call,
): Promise<Pick<Facts, 'configs'>> {
  return policies.some(wantsConfig) ? { configs: await known(configFacts(opened, call)) } : {}
}

function wantsConfig({ program }: Policy): boolean {
  return program?.include.includes('config') === true
}

/** What cannot be had is a fact of its own; only a bug of ours goes on. */
async function known<Value>(asked: Promise<Value>): Promise<Known<Value>> {
  try {
    return { status: 'known', value: await asked }
  } catch (error) {
    if (error instanceof CodedError) return { status: 'unknown', error }
    throw error
  }
}

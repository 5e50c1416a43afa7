import { parseReference, RegistryError, type Call, type CodedError, type Digest } from '@assay/registry'
import { settleDecision } from '../policy/break-glass.ts'
import type { Decision, GateReport } from '../policy/decision.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import type { Facts } from '../policy/facts.ts'
import type { ImageNames } from '../policy/image-names.ts'
import type { LanguageRuntime } from '../policy/languages/language-runtime.ts'
import type { Reason } from '../policy/reason.ts'
import { collectFacts } from './facts.ts'
import type { ImageRequest } from './facts.ts'
import { GateError } from './gate-error.ts'
import { askingForProgramsOnce } from './program-facts.ts'
import { remembering, type DecisionMemory, type Remembering } from './memory/decision-memory.ts'
import type { GateIo } from './gate-io.ts'

export interface GateOptions extends Call {
  readonly io: GateIo
  readonly languages: LanguageRuntime
  /** How many images are looked at at a time; 4 unless given. */
  readonly concurrency?: number
  /** Where decisions are kept for a while; every one is made anew without. */
  readonly memory?: DecisionMemory
}

/**
 * Decides about images under a set of policies: the facts of each are collected once, then the pure engine decides.
 * @throws RegistryError INVALID_REFERENCE before anything is fetched
 * @throws GateError NO_IMAGES: nothing to decide about is not "allowed"
 */
export async function gateImages(
  images: readonly ImageRequest[],
  set: PolicySet,
  options: GateOptions,
): Promise<GateReport> {
  if (images.length === 0) {
    throw new GateError('NO_IMAGES', 'there is no image to decide about', { hint: 'name at least one image' })
  }
  for (const { reference, unresolved } of images) if (unresolved === undefined) parseReference(reference)
  const io = askingOnce(options.io)
  const { memory } = options
  const remember = memory === undefined ? undefined : remembering(memory, set, io)
  const shared: Shared = { ...options, io, remember }
  const decided = await inParallel(images, options.concurrency ?? 4, (image) => gateImage(image, set, shared))
  const decisions = decided.flat()
  return { verdict: worstOf(decisions), decisions }
}

interface Shared extends GateOptions {
  readonly remember: Remembering | undefined
}

/** Trust roots, kept keys and programs are asked for once in a run, however many images and authorities need them. */
function askingOnce(io: GateIo): GateIo {
  const { keptKey, program } = io
  return {
    ...io,
    trustRoot: once(io.trustRoot),
    ...(keptKey !== undefined && { keptKey: once(keptKey) }),
    ...(program !== undefined && { program: askingForProgramsOnce(program) }),
  }
}

function once<Name, Value>(ask: (name: Name) => Promise<Value>): (name: Name) => Promise<Value> {
  const answers = new Map<Name, Promise<Value>>()
  return async (name) => {
    const asked = answers.get(name) ?? ask(name)
    answers.set(name, asked)
    return await asked
  }
}

/** The decision about an image, and those about its platforms where they count by themselves. */
async function gateImage(image: ImageRequest, set: PolicySet, options: Shared): Promise<readonly Decision[]> {
  const { decision, parts } = await decideInTime(image, set, options)
  const others = await Promise.all(parts.map((part) => gateImage(part, set, options)))
  return [finished(decision, image, set), ...others.flat()]
}

function finished(
  decision: Decision,
  { places, partOf, breakGlass }: ImageRequest,
  set: PolicySet,
): Decision {
  return {
    ...settleDecision(decision, set, breakGlass),
    ...(places === undefined ? {} : { places }),
    ...(partOf === undefined ? {} : { partOf }),
  }
}

interface Decided {
  readonly decision: Decision
  /** The images of its platforms that are to be decided about, too. */
  readonly parts: readonly ImageRequest[]
}

/** Whatever hangs, at the deadline there is an answer: nobody could tell. */
async function decideInTime(image: ImageRequest, set: PolicySet, options: Shared): Promise<Decided> {
  const { deadline } = set
  if (deadline === undefined) return await decide(image, set, options)
  const end = new AbortController()
  const signal = options.signal === undefined ? end.signal : AbortSignal.any([end.signal, options.signal])
  const { promise, resolve } = Promise.withResolvers<Decided>()
  const timer = setTimeout(() => {
    const message = `there was no answer within ${deadline} ms`
    const reason: Reason = { code: 'DEADLINE', step: 'resolve', message }
    resolve({ decision: undecidedFor(image.reference, reason), parts: [] })
    end.abort()
  }, deadline)
  try {
    return await Promise.race([promise, decide(image, set, { ...options, signal })])
  } finally {
    clearTimeout(timer)
  }
}

async function decide(
  image: ImageRequest,
  set: PolicySet,
  { io, languages, signal, remember }: Shared,
): Promise<Decided> {
  if (image.unresolved !== undefined) {
    const reason: Reason = { code: 'IMAGE_UNKNOWN', step: 'resolve', ...image.unresolved }
    return { decision: undecidedFor(image.reference, reason), parts: [] }
  }
  const call: Call = signal === undefined ? {} : { signal }
  const result = await collectFacts(image, set, { io, call, remember })
  if (result.status === 'decided')
    return { decision: { ...result.decision, image: image.reference }, parts: [] }
  if (result.status === 'unknown') return { decision: withoutImage(result.names, result.error), parts: [] }
  const { facts, platforms = [] } = result
  const decision = await evaluate(set, facts, languages)
  if (facts.subject !== undefined) await remember?.keep(image, facts.names, decision)
  return {
    decision,
    parts: platforms.map((digest) => platformRequest(image, digest, facts)),
  }
}

/** The request for the image of one platform: as its index, but for the name. */
function platformRequest(
  { breakGlass, object, namespace, places }: ImageRequest,
  digest: Digest,
  { names, subject }: Facts,
): ImageRequest {
  return {
    reference: `${names.place}@${digest}`,
    ...(subject === undefined ? {} : { partOf: subject }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(object === undefined ? {} : { object }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(places === undefined ? {} : { places }),
  }
}

/** Bytes that arrived and do not hold are a no; whatever else went wrong leaves the question open. */
function withoutImage(names: ImageNames, error: CodedError): Decision {
  const isNo =
    error instanceof RegistryError &&
    (error.code === 'CONTENT_MISMATCH' || error.code === 'MALFORMED_CONTENT')
  const reason: Reason = {
    code: isNo ? 'IMAGE_REFUSED' : 'IMAGE_UNAVAILABLE',
    step: 'resolve',
    message: `${error.message} (${error.code})`,
    ...(error.on === undefined ? {} : { on: error.on }),
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.got === undefined ? {} : { got: error.got }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
  return { ...undecidedFor(names.raw, reason), verdict: isNo ? 'deny' : 'undecided' }
}

function undecidedFor(image: string, reason: Reason): Decision {
  return { verdict: 'undecided', image, subject: undefined, policies: [], because: [reason], warnings: [] }
}

/** The worst of several verdicts: a no decides, and an unknown is never a yes. */
export function worstOf(decisions: readonly Decision[]): Decision['verdict'] {
  if (decisions.some(({ verdict }) => verdict === 'deny')) return 'deny'
  return decisions.some(({ verdict }) => verdict === 'undecided') ? 'undecided' : 'allow'
}

/** At most `limit` at a time; the answers keep the order of the questions. */
async function inParallel<Item, Answer>(
  items: readonly Item[],
  limit: number,
  ask: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const queue = items.entries()
  const answers = new Map<number, Answer>()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      // oxlint-disable-next-line no-await-in-loop -- each worker takes one after the other
      answers.set(index, await ask(item))
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker))
  return [...answers.entries()].toSorted(([a], [b]) => a - b).map(([, answer]) => answer)
}

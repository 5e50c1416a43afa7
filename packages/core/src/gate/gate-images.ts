import { parseReference, RegistryError, type Call, type CodedError } from '@assay/registry'
import type { Decision, GateReport } from '../policy/decision.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import type { ImageNames } from '../policy/image-names.ts'
import type { LanguageRuntime } from '../policy/languages/language-runtime.ts'
import type { Reason } from '../policy/reason.ts'
import { collectFacts } from './facts.ts'
import type { ImageRequest } from './facts.ts'
import { GateError } from './gate-error.ts'
import type { GateIo } from './gate-io.ts'

export interface GateOptions extends Call {
  readonly io: GateIo
  readonly languages: LanguageRuntime
  /** How many images are looked at at a time; 4 unless given. */
  readonly concurrency?: number
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
  const shared: GateOptions = { ...options, io: askingOnce(options.io) }
  const decisions = await inParallel(images, options.concurrency ?? 4, (image) =>
    gateImage(image, set, shared),
  )
  return { verdict: worstOf(decisions), decisions }
}

/** Trust roots are asked for once in a run, however many images and authorities need them. */
function askingOnce(io: GateIo): GateIo {
  const roots = new Map<string | undefined, ReturnType<GateIo['trustRoot']>>()
  const trustRoot: GateIo['trustRoot'] = async (name) => {
    const asked = roots.get(name) ?? io.trustRoot(name)
    roots.set(name, asked)
    return await asked
  }
  return { ...io, trustRoot }
}

async function gateImage(image: ImageRequest, set: PolicySet, options: GateOptions): Promise<Decision> {
  const { places } = image
  const decision = await decide(image, set, options)
  return places === undefined ? decision : { ...decision, places }
}

async function decide(
  image: ImageRequest,
  set: PolicySet,
  { io, languages, signal }: GateOptions,
): Promise<Decision> {
  if (image.unresolved !== undefined) {
    const reason: Reason = { code: 'IMAGE_UNKNOWN', step: 'resolve', ...image.unresolved }
    return undecidedFor(image.reference, reason)
  }
  const call: Call = signal === undefined ? {} : { signal }
  const result = await collectFacts(image, set, { io, call })
  if (result.status === 'known') return evaluate(set, result.facts, languages)
  return withoutImage(result.names, result.error)
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

function worstOf(decisions: readonly Decision[]): Decision['verdict'] {
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

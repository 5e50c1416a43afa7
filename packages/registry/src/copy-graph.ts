import { abortError } from './aborted.ts'
import type { Call, ContentSource, ContentStore } from './content.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { RegistryError } from './errors.ts'
import type { AnyManifest } from './manifest.ts'
import { isIndexType, isManifestType } from './media-types.ts'
import { fetchManifest } from './parse-manifest.ts'
import { referrerDescriptor } from './referrer.ts'
import { isRepository } from './remote/repository.ts'
import { taskPool, type TaskPool } from './task-pool.ts'
import { counted, streamOf } from './verified-stream.ts'

const maxDepth = 16
const maxManifests = 20_000
/** How often a blob is sent from its beginning, after cuts that nothing else has mended. */
const maxTransfers = 3
/** Up to this size, in bytes, a blob costs little but the time of its requests. */
const small = 256 * 1024

/** One step of a copy, as it ends. */
export interface CopyProgress {
  readonly descriptor: Descriptor
  /** `skipped`: the target had it; `mounted`: the target's registry took it from its own other repository. */
  readonly outcome: 'copied' | 'skipped' | 'mounted'
}

export interface CopyOptions extends Call {
  /** Whether what refers to the root and its parts (signatures, attestations, SBOMs) comes along, recursively. */
  readonly referrers: boolean
  /** How many large transfers run at once, 6 by default; of all else, twice as many do. */
  readonly concurrency?: number
  readonly onProgress?: (progress: CopyProgress) => void
  /** The size of a blob that turned out to belong to the copy: their sum is what there is to do, as far as is known. */
  readonly onFound?: (size: number) => void
  /** Bytes of blobs that have just arrived, as they come. */
  readonly onBytes?: (count: number) => void
}

/**
 * Copies content with all that it consists of from one place to another: children before parents, what the target
 * has is skipped, so that a copy can be cut and repeated. Every byte is verified on its way. Layers that live
 * elsewhere (`urls`) are not followed; where the source does not have them, they stay away.
 * Nothing is tagged: that is for the caller, once this is done.
 * @throws RegistryError the codes of both places; LIMIT_EXCEEDED for a graph deeper than 16 or of more than 20000 manifests
 */
export async function copyGraph(
  from: ContentSource,
  to: ContentStore,
  { root, ...options }: CopyOptions & { readonly root: Descriptor },
): Promise<void> {
  const concurrency = options.concurrency ?? 6
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const copy: Copy = {
    from,
    to,
    options,
    transfers: taskPool(concurrency),
    pool: taskPool(concurrency * 2),
    call: { signal },
    nodes: new Map(),
    toFollow: [],
  }
  try {
    await copyNode(copy, root, { depth: 0, listing: 'now', isNew: false })
    while (copy.toFollow.length > 0) {
      await Promise.all(copy.toFollow.splice(0).map(async (follow) => await follow()))
    }
  } catch (error) {
    // The first error ends the other transfers; what they throw then is a consequence.
    stop.abort(error)
    throw options.signal?.aborted === true ? abortError(options.signal) : error
  }
}

interface Copy {
  readonly from: ContentSource
  readonly to: ContentStore
  readonly options: CopyOptions
  /** For large blobs, and for all else. */
  readonly transfers: TaskPool
  readonly pool: TaskPool
  readonly call: Call & { readonly signal: AbortSignal }
  /** Each digest is copied once; whoever needs it waits for the same work. */
  readonly nodes: Map<Digest, Promise<void>>
  /**
   * Referrers to be copied once their subject is there. Not awaited by the subject: a referrer may be an index that
   * contains its own subject, and the two would wait for each other.
   */
  readonly toFollow: (() => Promise<void>)[]
}

interface HowToCopy {
  readonly depth: number
  /** Whether a referrer is listed as it is pushed, or by who copies all of them. */
  readonly listing: 'now' | 'later'
  /** Whether the target is known not to have it, or not to have that which it is a part of. */
  readonly isNew: boolean
}

async function copyNode(copy: Copy, descriptor: Descriptor, how: HowToCopy): Promise<void> {
  const started = copy.nodes.get(descriptor.digest)
  if (started !== undefined) return await started
  if (how.depth > maxDepth) throw tooMuch(descriptor, `more than ${maxDepth} levels`)
  if (copy.nodes.size > maxManifests * 10) throw tooMuch(descriptor, 'too many parts')
  const work = isManifest(descriptor) ? copyManifest(copy, descriptor, how) : copyBlob(copy, descriptor, how)
  copy.nodes.set(descriptor.digest, work)
  await work
}

async function copyManifest(
  copy: Copy,
  descriptor: Descriptor,
  { depth, listing, isNew }: HowToCopy,
): Promise<void> {
  const manifest = await copy.pool.run(async () => await fetchManifest(copy.from, descriptor, copy.call))
  await Promise.all(
    childrenOf(manifest).map(
      async (child) =>
        await copyNode(copy, child, { depth: depth + 1, listing: 'now', isNew: isNew && !isManifest(child) }),
    ),
  )
  await copy.pool.run(async () => {
    // One that nobody else lists is pushed again even if it is there: a copy that was cut may not have listed it.
    const isListedHere = listing === 'now' && manifest.subject !== undefined
    const skip = !isListedHere && !isNew && (await copy.to.has(descriptor, copy.call))
    if (!skip) await copy.to.push(descriptor, streamOf(manifest.bytes), { ...copy.call, listing })
    copy.options.onProgress?.({ descriptor, outcome: skip ? 'skipped' : 'copied' })
  })
  if (copy.options.referrers) copy.toFollow.push(async () => await copyReferrers(copy, manifest, depth))
}

async function copyReferrers(copy: Copy, { descriptor }: AnyManifest, depth: number): Promise<void> {
  const claimed = await copy.pool.run(async () => await listReferrers(copy, copy.from, descriptor.digest))
  if (claimed.length === 0) return
  const present = await copy.pool.run(async () => await presentReferrers(copy, descriptor.digest))
  const referrers = await Promise.all(
    claimed.map(async (referrer) => {
      // The list is a claim: what the manifest says counts (attack I-08).
      const manifest = await copy.pool.run(
        async () => await fetchManifest(copy.from, bare(referrer), copy.call),
      )
      if (manifest.subject?.digest !== descriptor.digest) return []
      const isNew = present?.has(referrer.digest) === false
      await copyNode(copy, bare(referrer), { depth: depth + 1, listing: 'later', isNew })
      return [referrerDescriptor(manifest)]
    }),
  )
  // All at once: a list that is one document is not rewritten for each of its entries.
  const listed = referrers.flat()
  if (listed.length > 0)
    await copy.pool.run(async () => await copy.to.list(descriptor.digest, listed, copy.call))
}

/** What a registry lists costs one question, and spares one for each referrer that it does not list. */
async function presentReferrers(copy: Copy, subject: Digest): Promise<ReadonlySet<Digest> | undefined> {
  if (!isRepository(copy.to)) return undefined
  return new Set((await listReferrers(copy, copy.to, subject)).map(({ digest }) => digest))
}

async function listReferrers(
  copy: Copy,
  place: ContentSource,
  subject: Digest,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = []
  for await (const referrer of place.referrers(subject, copy.call)) {
    if (found.length === maxManifests) throw tooMuch(referrer, 'too many referrers')
    found.push(referrer)
  }
  return found
}

async function copyBlob(copy: Copy, descriptor: Descriptor, how: HowToCopy): Promise<void> {
  copy.options.onFound?.(descriptor.size)
  const pool = descriptor.size > small ? copy.transfers : copy.pool
  const outcome = await pool.run(async () => await transfer(copy, descriptor, how))
  copy.options.onProgress?.({ descriptor, outcome })
}

async function transfer(
  copy: Copy,
  descriptor: Descriptor,
  how: HowToCopy,
): Promise<CopyProgress['outcome']> {
  const { from, to, call } = copy
  if (isAskedFor(descriptor, how) && (await to.has(descriptor, call))) return 'skipped'
  if (isRepository(from) && isRepository(to) && from.host === to.host) {
    if (await to.mount(descriptor, from.repository, call)) return 'mounted'
  }
  try {
    await send(copy, descriptor)
    return 'copied'
  } catch (error) {
    const isForeign = (descriptor.urls ?? []).length > 0
    if (isForeign && error instanceof RegistryError && error.code === 'NOT_FOUND') return 'skipped'
    throw error
  }
}

/** To ask for what is small and likely new takes as long as to send it. */
function isAskedFor({ size }: Descriptor, { isNew }: HowToCopy): boolean {
  return !isNew || size > small
}

/** Verified where it is read and, before it can be seen, where it is written. */
async function send(copy: Copy, descriptor: Descriptor): Promise<void> {
  const { from, to, call } = copy
  const onBytes = (count: number): void => copy.options.onBytes?.(count)
  for (let attempt = 1; ; attempt += 1) {
    try {
      await to.push(descriptor, counted(from.open(descriptor, call), onBytes), call)
      return
    } catch (error) {
      // A stream cannot be sent twice by whoever sends it; here it can be had again.
      const isCut = error instanceof RegistryError && error.code === 'UNREACHABLE'
      if (!isCut || attempt === maxTransfers || call.signal.aborted) throw error
    }
  }
}

function childrenOf(manifest: AnyManifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers]
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

function tooMuch({ digest }: Descriptor, got: string): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'the graph is too large to be copied', { on: digest, got })
}

import { RegistryError, type Call, type ContentSource, type Descriptor, type Digest } from '@assay/registry'
import type { ContentObserver } from './content-facts.ts'
import type { ContentSink } from './content-sink.ts'
import { decompress, type Compression } from './decompress.ts'
import { hashed } from './hashed-content.ts'
import { imageBudget, type ImageBudget } from './image-budget.ts'
import type { Layer, LayerFailure, LayerRemark } from './layer.ts'
import { LayerError, limitExceeded } from './layer-error.ts'
import { cleanPath } from './layer-path.ts'
import { isForeignLayer, isLayerType } from './layer-types.ts'
import { LIMITS } from './limits.ts'
import { openEntry, type OpenEntry } from './plain-entry.ts'
import type { TarEntry } from './tar-entry.ts'
import { announcedTocs } from './toc/announced-toc.ts'
import { tapRange } from './toc/range-tap.ts'
import { TarReader, type TarConsumer } from './tar-reader.ts'

/** Which layer to read, and what the config says about it. */
export interface LayerToRead {
  readonly index: number
  readonly descriptor: Descriptor
  readonly diffId: Digest | undefined
  readonly createdBy: string | undefined
}

/** Gives every file an observer for its content, or none. */
export type Observe = (entry: TarEntry, path: string) => ContentObserver | undefined

interface ReadLayerOptions {
  readonly observe: Observe
  /** Shared by the layers of an image. */
  readonly budget?: ImageBudget
  readonly call?: Call
}

/**
 * Reads a layer once, from its first to its last byte: digest, compression, diffID, entries. Content goes through
 * the observers and is not kept. What stops the reading is told in `failure`; bytes that do not hold, and a place
 * that cannot be reached, are thrown.
 * @throws RegistryError CONTENT_MISMATCH, NOT_FOUND and the codes of reaching the place
 */
export async function readLayer(
  source: ContentSource,
  layer: LayerToRead,
  { observe, budget = imageBudget(), call }: ReadLayerOptions,
): Promise<Layer> {
  const { mediaType } = layer.descriptor
  if (!isLayerType(mediaType)) return unread(layer, { kind: 'unknown-media-type', mediaType })
  const collector = new EntryCollector(layer.index, observe, budget)
  const progress: Progress = { compression: undefined, uncompressedSize: 0, actualDiffId: undefined }
  const stored = source.open(layer.descriptor, { ...call, transient: true })
  const tapped = tapRange(stored, announcedTocs(layer.descriptor).chunked?.range)
  const failure = await failureOf(layer, async () => {
    await readTo({ collector, budget }, progress, { content: tapped.content, size: layer.descriptor.size })
  })
  const chunkedToc = tapped.taken()
  const { entries, remarks } = collector
  return {
    ...layer,
    ...progress,
    entries,
    remarks,
    failure,
    ...(chunkedToc === undefined ? {} : { chunkedToc }),
  }
}

interface Progress {
  compression: Compression | undefined
  uncompressedSize: number
  actualDiffId: Digest | undefined
}

async function readTo(
  { collector, budget }: { readonly collector: EntryCollector; readonly budget: ImageBudget },
  progress: Progress,
  blob: { readonly content: AsyncIterable<Uint8Array>; readonly size: number },
): Promise<void> {
  const decompressed = await decompress(blob.content, blob.size)
  progress.compression = decompressed.compression
  const { content, digest } = hashed(decompressed)
  const tar = new TarReader(collector, budget)
  let failure: LayerError | undefined
  for await (const chunk of content) {
    budget.take('contentBytes', chunk.length)
    progress.uncompressedSize += chunk.length
    // After a refusal the rest is still read: digest and diffID are about all bytes.
    failure ??= refusalOf(() => tar.write(chunk))
  }
  progress.actualDiffId = digest()
  failure ??= refusalOf(() => tar.end())
  if (failure !== undefined) throw failure
}

function refusalOf(step: () => void): LayerError | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    if (error instanceof LayerError) return error
    throw error
  }
}

async function failureOf(layer: LayerToRead, read: () => Promise<void>): Promise<LayerFailure | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    if (error instanceof LayerError) return { kind: 'unreadable', error }
    const absent = error instanceof RegistryError && error.code === 'NOT_FOUND'
    if (!absent || !isForeignLayer(layer.descriptor.mediaType)) throw error
    return { kind: 'absent', mediaType: layer.descriptor.mediaType }
  }
}

function unread(layer: LayerToRead, failure: LayerFailure): Layer {
  const nothing = {
    actualDiffId: undefined,
    compression: undefined,
    uncompressedSize: 0,
    entries: [],
    remarks: [],
  }
  return { ...layer, ...nothing, failure }
}

/** Keeps the facts of every entry, and nothing of its content. Takes the content of one file after the other. */
class EntryCollector implements TarConsumer, ContentSink {
  readonly remarks: LayerRemark[] = []
  readonly entries: OpenEntry[] = []
  readonly #layer: number
  readonly #observe: Observe
  readonly #budget: ImageBudget
  #open: OpenEntry | undefined
  #observer: ContentObserver | undefined

  constructor(layer: number, observe: Observe, budget: ImageBudget) {
    this.#budget = budget
    this.#layer = layer
    this.#observe = observe
  }

  entry(entry: TarEntry): ContentSink | undefined {
    const path = checkedPath(entry)
    if (this.entries.length >= LIMITS.entries) {
      throw limitExceeded('entries', LIMITS.entries, `more than ${LIMITS.entries}`)
    }
    this.#budget.take('entries', 1)
    this.#budget.take('keptBytes', keptBytes(entry))
    const known = openEntry(entry, path, this.#layer)
    this.entries.push(known)
    this.#open = known
    this.#observer = entry.type === 'file' ? this.#observe(entry, path) : undefined
    return this.#observer === undefined ? undefined : this
  }

  write(chunk: Buffer): void {
    this.#observer?.write(chunk)
  }

  /** Takes the facts as soon as the content ends. */
  end(): void {
    if (this.#observer === undefined || this.#open === undefined) return
    this.#observer.end()
    this.#open.facts = this.#observer.facts()
  }

  remark(ambiguity: LayerRemark['ambiguity'], offset: number, name?: string): void {
    this.#budget.take('remarks', 1)
    this.remarks.push({ ambiguity, offset, ...(name === undefined ? {} : { name: cleanPath(name) }) })
  }
}

function keptBytes({ path, linkTarget, xattrs }: TarEntry): number {
  let bytes = path.length + linkTarget.length
  for (const [name, value] of xattrs ?? []) bytes += name.length + value.length
  return bytes
}

function checkedPath(entry: TarEntry): string {
  const longest = Math.max(entry.path.length, entry.linkTarget.length)
  if (longest > LIMITS.pathBytes) throw limitExceeded('bytes of a path', LIMITS.pathBytes, String(longest))
  const path = cleanPath(entry.path)
  const depth = depthOf(path)
  if (depth > LIMITS.pathDepth) throw limitExceeded('names in a path', LIMITS.pathDepth, String(depth))
  return path
}

function depthOf(path: string): number {
  let depth = 1
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++
  return depth
}

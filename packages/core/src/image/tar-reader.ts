import type { ContentSink } from './content-sink.ts'
import { imageBudget, type ImageBudget } from './image-budget.ts'
import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { parsePax } from './pax.ts'
import { holesFilled } from './sparse-sink.ts'
import { blockSize, parseBlock, textAt, type TarBlock } from './tar-block.ts'
import { globalAmbiguity, noExtensions, type Ambiguity, type Extensions } from './tar-ambiguity.ts'
import { mergeHeader, type TarEntry } from './tar-entry.ts'
import { isZero } from './zero-bytes.ts'
import { parseNumeric } from './tar-number.ts'
import {
  checkSparseMap,
  oldGnuMapReader,
  paxSparseKind,
  sparseMapOf,
  sparseNameAndSize,
  textMapReader,
  type SparseMapReader,
  type SparseStretch,
} from './tar-sparse.ts'

/** What a tar reader calls, in the order of the tar. */
export interface TarConsumer {
  /** A new entry; its content goes to the sink, or nowhere. */
  entry(entry: TarEntry): ContentSink | undefined
  /** Something odd that belongs to no entry, at this offset of the uncompressed layer; a global header has a name. */
  remark(ambiguity: Ambiguity, offset: number, name?: string): void
}

type State = 'header' | 'zero-block' | 'special' | 'content' | 'sparse-map' | 'skip' | 'ended'

/**
 * Reads a tar that is pushed in chunks, as Go's archive/tar reads it: the same entries with the same names and
 * sizes, and a refusal wherever Go refuses. Keeps at most one block and one extended header. What other readers
 * see differently is told as an ambiguity.
 */
export class TarReader {
  readonly #consumer: TarConsumer
  readonly #budget: ImageBudget
  readonly #staged = Buffer.alloc(blockSize)
  #stagedLength = 0
  #state: State = 'header'
  #offset = 0
  #headerOffset = 0
  #extensions: Extensions = noExtensions
  /** Content bytes of the current entry that are still to come, and the padding after them. */
  #remaining = 0
  #padding = 0
  #special:
    | { readonly typeFlag: string; readonly name: string; readonly content: Buffer; length: number }
    | undefined
  #sink: ContentSink | undefined
  #sparse: PendingSparse | undefined
  #mapBytes = 0
  #remarkedEnd = false

  constructor(consumer: TarConsumer, budget: ImageBudget = imageBudget()) {
    this.#consumer = consumer
    this.#budget = budget
  }

  /** @throws LayerError MALFORMED_TAR, LIMIT_EXCEEDED */
  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      const taken = this.#take(chunk, at)
      at += taken
      this.#offset += taken
    }
  }

  /**
   * Ends the tar. A missing end-of-archive is fine, as in Go; ending inside a header or content is not.
   * @throws LayerError TRUNCATED
   */
  end(): void {
    const inPadding = this.#state === 'skip' && this.#remaining === 0
    if (this.#stagedLength > 0 || !(endStates.has(this.#state) || inPadding)) {
      throw new LayerError('TRUNCATED', 'the tar ends inside an entry', { on: `offset ${this.#offset}` })
    }
    if (this.#extensions !== noExtensions) this.#consumer.remark('dangling-extension', this.#headerOffset)
  }

  /** Reads from `chunk` at `at` what the state allows; how many bytes it took. */
  #take(chunk: Buffer, at: number): number {
    const state = this.#state
    if (state === 'content') return this.#takeContent(chunk, at)
    if (state === 'special') return this.#takeSpecial(chunk, at)
    if (state === 'skip') return this.#takeSkipped(chunk, at)
    return state === 'ended' ? this.#takeAfterEnd(chunk, at) : this.#takeBlock(chunk, at)
  }

  #takeBlock(chunk: Buffer, at: number): number {
    if (this.#stagedLength === 0 && chunk.length - at >= blockSize) {
      this.#block(chunk.subarray(at, at + blockSize), this.#offset)
      return blockSize
    }
    const taken = Math.min(blockSize - this.#stagedLength, chunk.length - at)
    chunk.copy(this.#staged, this.#stagedLength, at, at + taken)
    this.#stagedLength += taken
    if (this.#stagedLength === blockSize) {
      this.#stagedLength = 0
      this.#block(this.#staged, this.#offset + taken - blockSize)
    }
    return taken
  }

  #block(block: Buffer, offset: number): void {
    if (this.#state === 'sparse-map') this.#sparseBlock(block)
    else if (isZero(block)) this.#state = this.#state === 'zero-block' ? 'ended' : 'zero-block'
    else if (this.#state === 'zero-block') {
      throw new LayerError('MALFORMED_TAR', 'a zero block stands between entries', { on: `offset ${offset}` })
    } else this.#header(block, offset)
  }

  #header(bytes: Buffer, offset: number): void {
    this.#headerOffset = offset
    const block = parseBlock(bytes)
    if (specialTypes.has(block.typeFlag)) this.#beginSpecial(block)
    else this.#beginEntry(block, bytes)
  }

  #beginSpecial(block: TarBlock): void {
    if (block.size < 0) throw new LayerError('MALFORMED_TAR', 'an extended header has a negative size')
    if (block.size > LIMITS.tarSpecialBytes) {
      throw limitExceeded('bytes of an extended header', LIMITS.tarSpecialBytes, String(block.size))
    }
    // Allocated by the declared size, which the limit above bounds.
    this.#special = {
      typeFlag: block.typeFlag,
      name: block.name,
      content: Buffer.alloc(block.size),
      length: 0,
    }
    this.#padding = paddingOf(block.size)
    this.#state = 'special'
    if (block.size === 0) this.#endSpecial()
  }

  #takeSpecial(chunk: Buffer, at: number): number {
    const special = this.#special
    if (special === undefined) return 0
    const taken = Math.min(special.content.length - special.length, chunk.length - at)
    chunk.copy(special.content, special.length, at, at + taken)
    special.length += taken
    if (special.length === special.content.length) this.#endSpecial()
    return taken
  }

  #endSpecial(): void {
    const special = this.#special
    this.#special = undefined
    this.#skip(0)
    if (special === undefined) return
    const { typeFlag, content } = special
    if (typeFlag === 'L')
      this.#extensions = { ...this.#extensions, longName: textAt(content, 0, content.length) }
    else if (typeFlag === 'K')
      this.#extensions = { ...this.#extensions, longLink: textAt(content, 0, content.length) }
    else if (typeFlag === 'x') {
      const pax = parsePax(content)
      this.#budget.take('records', pax.size)
      this.#extensions = { ...this.#extensions, pax, paxCount: this.#extensions.paxCount + 1 }
    } else this.#globalHeader(content, special.name)
  }

  /** Go hands a global header out as an entry of its own, which forgets extensions before it; runtimes skip it. */
  #globalHeader(content: Buffer, name: string): void {
    this.#consumer.remark(globalAmbiguity(content), this.#headerOffset, name)
    if (this.#extensions !== noExtensions) this.#consumer.remark('dangling-extension', this.#headerOffset)
    this.#extensions = noExtensions
  }

  #beginEntry(block: TarBlock, bytes: Buffer): void {
    const extensions = this.#extensions
    this.#extensions = noExtensions
    const merged = mergeHeader(block, extensions, this.#headerOffset)
    this.#remaining = merged.storedSize
    this.#padding = paddingOf(merged.storedSize)
    const { pax } = extensions
    if (block.typeFlag === 'S') {
      if (block.format !== 'gnu') throw new LayerError('MALFORMED_TAR', 'a sparse entry is not in GNU form')
      const reader = oldGnuMapReader()
      const entry = { ...merged.entry, size: parseNumeric(bytes, 483, 495) }
      this.#beginSparse(entry, reader, reader.add(bytes))
    } else if (pax === undefined || paxSparseKind(pax) === 'none') {
      this.#beginContent(this.#consumer.entry(merged.entry))
    } else {
      const ambiguities = [...merged.entry.ambiguities, 'sparse' as const]
      const entry = { ...merged.entry, ...sparseNameAndSize(pax, merged.entry), ambiguities }
      const map = paxSparseKind(pax) === 'map-in-records' ? sparseMapOf(pax) : undefined
      this.#beginSparse(entry, textMapReader(), map)
    }
  }

  #beginContent(sink: ContentSink | undefined): void {
    this.#sink = sink
    if (this.#remaining === 0) this.#endContent()
    else if (sink === undefined) this.#skip(this.#remaining)
    else this.#state = 'content'
  }

  #takeContent(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, chunk.length - at)
    this.#sink?.write(at === 0 && taken === chunk.length ? chunk : chunk.subarray(at, at + taken))
    this.#remaining -= taken
    if (this.#remaining === 0) this.#endContent()
    return taken
  }

  #endContent(): void {
    this.#sink?.end()
    this.#sink = undefined
    this.#skip(0)
  }

  /** Skips content that nobody wants, then the padding, then expects a header. */
  #skip(remaining: number): void {
    this.#remaining = remaining
    this.#state = remaining + this.#padding > 0 ? 'skip' : 'header'
  }

  #takeSkipped(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#remaining + this.#padding, chunk.length - at)
    const fromContent = Math.min(this.#remaining, taken)
    this.#remaining -= fromContent
    this.#padding -= taken - fromContent
    if (this.#remaining + this.#padding === 0) this.#state = 'header'
    return taken
  }

  #takeAfterEnd(chunk: Buffer, at: number): number {
    const rest = chunk.subarray(at)
    if (!this.#remarkedEnd && !isZero(rest)) {
      this.#remarkedEnd = true
      this.#consumer.remark('bytes-after-end', this.#offset + rest.findIndex((byte) => byte !== 0))
    }
    return rest.length
  }

  #beginSparse(entry: TarEntry, reader: SparseMapReader, map: readonly SparseStretch[] | undefined): void {
    if (entry.type !== 'file') throw new LayerError('MALFORMED_TAR', 'a sparse entry is not a file')
    this.#mapBytes = 0
    this.#sparse = { entry, reader }
    if (map === undefined) this.#state = 'sparse-map'
    else this.#beginSparseContent(map)
  }

  #sparseBlock(block: Buffer): void {
    this.#countMapBytes()
    if (this.#sparse?.reader.insideContent === true) this.#remaining -= blockSize
    if (this.#remaining < 0) throw new LayerError('MALFORMED_TAR', 'a sparse map is longer than its entry')
    const map = this.#sparse?.reader.add(block)
    if (map !== undefined) this.#beginSparseContent(map)
  }

  #countMapBytes(): void {
    this.#mapBytes += blockSize
    this.#budget.take('mapBytes', blockSize)
    if (this.#mapBytes > LIMITS.tarSpecialBytes) {
      throw limitExceeded(
        'bytes of a sparse map',
        LIMITS.tarSpecialBytes,
        `more than ${LIMITS.tarSpecialBytes}`,
      )
    }
  }

  #beginSparseContent(map: readonly SparseStretch[]): void {
    const entry = this.#sparse?.entry
    this.#sparse = undefined
    if (entry === undefined) return
    checkSparseMap(map, entry.size)
    const data = map.reduce((total, stretch) => total + stretch.length, 0)
    if (data !== this.#remaining) throw new LayerError('MALFORMED_TAR', 'a sparse map does not fit its data')
    this.#budget.take('holeBytes', entry.size - data)
    const sink = this.#consumer.entry(entry)
    this.#beginContent(sink === undefined ? undefined : holesFilled(sink, { map, size: entry.size }))
  }
}

interface PendingSparse {
  readonly entry: TarEntry
  readonly reader: SparseMapReader
}

const endStates = new Set<State>(['header', 'zero-block', 'ended'])
const specialTypes: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K'])
function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

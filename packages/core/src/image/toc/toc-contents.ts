import { createHash } from 'node:crypto'
import type { Call, ContentSource } from '@assay/registry'
import type { ContentFacts, ContentObserver } from '../content-facts.ts'
import type { Layer } from '../layer.ts'
import { displayPath } from '../layer-path.ts'
import { readLayer } from '../read-layer.ts'
import type { DescribedFile } from './compare-toc.ts'
import type { TocEntry } from './toc-document.ts'

/**
 * Reads a layer again and compares the content of files with the digests that its table of contents has: of whole
 * files, and of the chunks that runtimes fetch one by one.
 * @throws RegistryError as reading a layer
 */
export async function contentsThatDiffer(
  source: ContentSource,
  { layer, files }: { readonly layer: Layer; readonly files: readonly DescribedFile[] },
  call: Call | undefined,
): Promise<readonly string[]> {
  const differing: string[] = []
  const byOffset = new Map(files.map((file) => [file.entry.offset, file]))
  if (files.length === 0) return differing
  await readLayer(source, layer, {
    observe: ({ offset }) => {
      const file = byOffset.get(offset)
      return file === undefined ? undefined : observer(file, differing)
    },
    ...(call === undefined ? {} : { call }),
  })
  return differing
}

const noFacts: ContentFacts = { form: 'other', matches: [] }

function observer({ entry, chunks }: DescribedFile, differing: string[]): ContentObserver {
  const [first] = chunks
  const whole = createHash('sha256')
  const parts = new ChunkDigests(chunks, entry.size)
  return {
    write(chunk) {
      whole.update(chunk)
      parts.write(chunk)
    },
    end() {
      const same = first?.digest === `sha256:${whole.digest('hex')}` && parts.hold()
      if (!same) differing.push(`it says otherwise of /${displayPath(entry.path)}: content`)
    },
    facts: () => noFacts,
  }
}

/** Compares what passes with the digests of chunks, which must follow each other and leave nothing out. */
class ChunkDigests {
  readonly #chunks: readonly TocEntry[]
  readonly #size: number
  #index = 0
  #position = 0
  #hash = createHash('sha256')
  #same = true

  constructor(chunks: readonly TocEntry[], size: number) {
    this.#chunks = chunks
    this.#size = size
  }

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#same;) {
      const end = this.#end()
      const part = chunk.subarray(at, at + end - this.#position)
      this.#hash.update(part)
      this.#position += part.length
      at += part.length
      if (this.#position === end) this.#chunkEnd()
      else if (part.length === 0) this.#same = false
    }
  }

  hold(): boolean {
    return this.#same && this.#index === this.#chunks.length
  }

  /** Where the current chunk ends; where it does not begin here, nothing holds. */
  #end(): number {
    const chunk = this.#chunks[this.#index]
    if (chunk?.chunkOffset !== this.#position) this.#same = false
    const size = chunk?.chunkSize ?? 0
    return size === 0 ? this.#size : Math.min(this.#size, this.#position + size)
  }

  #chunkEnd(): void {
    const chunk = this.#chunks[this.#index]
    // A file of one chunk may leave its digest to that of the file.
    const expected =
      chunk?.chunkDigest === '' && this.#chunks.length === 1 ? chunk.digest : chunk?.chunkDigest
    if (expected !== `sha256:${this.#hash.digest('hex')}`) this.#same = false
    this.#hash = createHash('sha256')
    this.#index += 1
  }
}

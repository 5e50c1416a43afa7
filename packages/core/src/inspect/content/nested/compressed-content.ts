import type { ContentSink } from '../../../image/content-sink.ts'
import { GzipDecoder } from '../../../image/inflate/gzip-decoder.ts'
import { LayerError } from '../../../image/layer-error.ts'
import { LIMITS } from '../../../image/limits.ts'
import { ZstdDecoder } from '../../../image/zstd.ts'
import type { ArchivePlace } from './archive-place.ts'

/** What inflated bytes go to, as long as they are in proportion. */
class Bounded {
  readonly #content: ContentSink
  readonly #place: ArchivePlace
  #length = 0
  #over = false

  constructor(content: ContentSink, place: ArchivePlace) {
    this.#content = content
    this.#place = place
  }

  /** False once there is too much of it. */
  write(part: Buffer, compressed: number): boolean {
    if (this.#over) return false
    this.#length += part.length
    const isBomb = this.#length > LIMITS.ratioFrom && this.#length > LIMITS.ratio * compressed
    if (isBomb) this.#place.unseen('it grows too much when it is inflated')
    this.#over = isBomb || !this.#place.take(part.length)
    if (!this.#over) this.#content.write(part)
    return !this.#over
  }

  end(): void {
    this.#content.end()
  }
}

/** A gzip file, every member of it. */
export class GzipContent implements ContentSink {
  readonly #bounded: Bounded
  readonly #place: ArchivePlace
  readonly #output = outputs.pop() ?? Buffer.allocUnsafe(64 * 1024)
  readonly #decoder = new GzipDecoder(() => this.#output)
  #length = 0
  #over = false

  constructor(content: ContentSink, place: ArchivePlace) {
    this.#bounded = new Bounded(content, place)
    this.#place = place
  }

  write(chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#over) return
    for (const length of this.#decoder.parts(chunk)) {
      this.#over = !this.#bounded.write(this.#output.subarray(0, length), this.#length)
      if (this.#over) return
    }
  }

  end(): void {
    const { fault } = this.#decoder.end()
    outputs.push(this.#output)
    if (fault !== undefined) this.#place.unseen(`it cannot be inflated to its end: ${fault}`)
    this.#bounded.end()
  }
}

/** A zstd file, every frame of it. */
export class ZstdContent implements ContentSink {
  readonly #bounded: Bounded
  readonly #place: ArchivePlace
  readonly #output = outputs.pop() ?? Buffer.allocUnsafe(64 * 1024)
  readonly #decoder = new ZstdDecoder(this.#output)
  #length = 0
  #over = false

  constructor(content: ContentSink, place: ArchivePlace) {
    this.#bounded = new Bounded(content, place)
    this.#place = place
  }

  write(chunk: Buffer): void {
    this.#length += chunk.length
    this.#guarded(() => {
      for (const part of this.#decoder.parts(chunk)) {
        this.#over = !this.#bounded.write(part, this.#length)
        if (this.#over) return
      }
    })
  }

  end(): void {
    this.#guarded(() => this.#decoder.end())
    this.#decoder.close()
    outputs.push(this.#output)
    this.#bounded.end()
  }

  #guarded(step: () => void): void {
    if (this.#over) return
    try {
      step()
    } catch (error) {
      if (!(error instanceof LayerError)) throw error
      this.#over = true
      this.#place.unseen(`it cannot be inflated to its end: ${error.code}`)
    }
  }
}

/** Buffers that nobody uses right now. */
const outputs: Buffer[] = []

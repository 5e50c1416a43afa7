import type { ContentSink } from '../../../image/content-sink.ts'
import { LayerError } from '../../../image/layer-error.ts'
import { cleanPath } from '../../../image/layer-path.ts'
import type { TarEntry } from '../../../image/tar-entry.ts'
import { TarReader, type TarConsumer } from '../../../image/tar-reader.ts'
import type { ArchivePlace } from './archive-place.ts'

/** A tar in a file, read as layers are. */
export class InnerTar implements ContentSink, TarConsumer {
  readonly #place: ArchivePlace
  readonly #reader: TarReader
  #broken = false

  constructor(place: ArchivePlace) {
    this.#place = place
    this.#reader = new TarReader(this)
  }

  write(chunk: Buffer): void {
    if (!this.#broken && this.#place.take(chunk.length)) this.#guarded(() => this.#reader.write(chunk))
  }

  end(): void {
    if (!this.#broken) this.#guarded(() => this.#reader.end())
  }

  entry({ type, path, size }: TarEntry): ContentSink | undefined {
    return type === 'file' && size > 0 ? this.#place.file(cleanPath(path), size) : undefined
  }

  /** What readers disagree about in a tar that no runtime unpacks is nobody's finding. */
  remark(): void {}

  #guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof LayerError)) throw error
      this.#broken = true
      this.#place.unseen(`it cannot be read to its end: ${error.message}`)
    }
  }
}

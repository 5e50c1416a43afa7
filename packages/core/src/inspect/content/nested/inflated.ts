import type { ContentSink } from '../../../image/content-sink.ts'
import { LIMITS } from '../../../image/limits.ts'
import { archiveFormOf } from '../archive-form.ts'
import type { ArchivePlace } from './archive-place.ts'
import { GzipContent, ZstdContent } from './compressed-content.ts'
import { CpioReader } from './cpio-reader.ts'
import { InnerTar } from './inner-tar.ts'

/** A compressed file: the archive in it, or the one file that it is. */
export function inflated(form: 'gzip' | 'zstd', name: string, place: ArchivePlace): ContentSink {
  const content = new Uncompressed(name, place)
  return form === 'gzip' ? new GzipContent(content, place) : new ZstdContent(content, place)
}

/** Takes what is inflated, within the limits, and decides by its first bytes what it is. */
class Uncompressed implements ContentSink {
  readonly #name: string
  readonly #place: ArchivePlace
  #staged: Buffer | undefined
  #inner: ContentSink | undefined
  #begun = false

  constructor(name: string, place: ArchivePlace) {
    this.#name = name
    this.#place = place
  }

  write(chunk: Buffer): void {
    if (this.#begun) {
      this.#inner?.write(chunk)
      return
    }
    const staged = this.#staged === undefined ? chunk : Buffer.concat([this.#staged, chunk])
    this.#staged = undefined
    if (staged.length >= tarMagicEnd) this.#begin(staged)
    else this.#staged = Buffer.from(staged)
  }

  end(): void {
    if (this.#staged !== undefined) this.#begin(this.#staged)
    this.#inner?.end()
  }

  #begin(start: Buffer): void {
    this.#begun = true
    const form = archiveFormOf(start)
    // A compressed tar counts as one archive, not as two.
    if (form === 'tar') this.#inner = new InnerTar(this.#place)
    else if (form === 'cpio') this.#inner = new CpioReader(this.#place)
    else this.#inner = this.#place.file(uncompressedName(this.#name))
    this.#inner?.write(start)
  }
}

/** Where the magic of a tar ends. */
const tarMagicEnd = 262

function uncompressedName(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1)
  return base.replace(/\.(?:gz|zst|tgz|z)$/i, '').slice(0, LIMITS.pathBytes) || 'content'
}

import type { ContentSink } from '../../../image/content-sink.ts'
import { archiveFormOf } from '../archive-form.ts'
import type { ArchivePlace } from './archive-place.ts'
import { openArchive } from './open-archive.ts'
import { ZipSearcher } from './zip-searcher.ts'

/** Reads the archive that begins where a program ends, as self-extracting ones and AppImages have. */
export class AppendedContent implements ContentSink {
  readonly #place: ArchivePlace
  /** Bytes of the program that are still to come. */
  #before: number
  #staged: Buffer = Buffer.alloc(0)
  #archive: ContentSink | undefined
  #begun = false

  constructor(programBytes: number, place: ArchivePlace) {
    this.#before = programBytes
    this.#place = place
  }

  write(chunk: Buffer): void {
    const skipped = Math.min(this.#before, chunk.length)
    this.#before -= skipped
    if (skipped < chunk.length) this.#appended(chunk.subarray(skipped))
  }

  end(): void {
    if (!this.#begun && this.#staged.length > 0) this.#begin(this.#staged)
    this.#archive?.end()
  }

  #appended(part: Buffer): void {
    if (this.#begun) {
      this.#archive?.write(part)
      return
    }
    this.#staged = Buffer.concat([this.#staged, part])
    if (this.#staged.length >= magicBytes) this.#begin(this.#staged)
  }

  #begin(start: Buffer): void {
    this.#begun = true
    const form = archiveFormOf(start)
    // A zip may begin anywhere: its readers start from the end.
    this.#archive =
      form === undefined ? new ZipSearcher(this.#place) : openArchive(form, 'appended', this.#place)
    this.#archive?.write(start)
    this.#staged = Buffer.alloc(0)
  }
}

/** Where the magic of a tar ends, the last of all. */
const magicBytes = 262

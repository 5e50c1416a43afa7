import type { ContentSink } from '../../../image/content-sink.ts'
import { ContentSearch } from '../content-search.ts'
import { fileFormOf, headBytes, plainForm, type FileForm } from '../file-form.ts'
import { openArchive } from './open-archive.ts'
import { ArchivePlace, type NestedReport } from './archive-place.ts'

/** The archive that a file of a layer is, or that is appended to it. */
export function outermost(report: NestedReport): ArchivePlace {
  return new ArchivePlace(report, (place, name, size) => new InnerFile(place, name, size), {
    path: '',
    depth: 1,
  })
}

/** Looks at one file in an archive while it passes: with the same searches as at a file of a layer. */
class InnerFile implements ContentSink {
  readonly #place: ArchivePlace
  readonly #name: string
  readonly #size: number | undefined
  readonly #search = new ContentSearch()
  #staged: Buffer | undefined
  #form: FileForm | undefined
  #archive: ContentSink | undefined

  constructor(place: ArchivePlace, name: string, size: number | undefined) {
    this.#place = place
    this.#name = name
    this.#size = size
  }

  write(chunk: Buffer): void {
    if (this.#form !== undefined) {
      this.#pass(chunk)
      return
    }
    const staged = this.#staged === undefined ? chunk : Buffer.concat([this.#staged, chunk])
    if (staged.length < headBytes && staged.length !== this.#size) {
      this.#staged = Buffer.from(staged)
      return
    }
    this.#staged = undefined
    this.#begin(staged)
    if (staged.length === this.#size) this.#whole(staged)
    else this.#pass(staged)
  }

  end(): void {
    if (this.#staged !== undefined) {
      this.#begin(this.#staged)
      this.#whole(this.#staged)
    }
    this.#search.end()
    this.#archive?.end()
    const { form, elf } = this.#form ?? plainForm
    const { matches } = this.#search
    this.#place.seen({
      path: this.#place.pathOf(this.#name),
      form,
      executable: elf?.executable === true,
      matches,
    })
  }

  #begin(start: Buffer): void {
    this.#form = fileFormOf(start.length > headBytes ? start.subarray(0, headBytes) : start)
    const { form, archive } = this.#form
    if (form === 'elf') this.#search.asProgram(start.subarray(0, headBytes))
    else this.#search.asText()
    const inner = archive === undefined ? undefined : this.#place.within(this.#name)
    if (archive !== undefined && inner !== undefined) this.#archive = openArchive(archive, this.#name, inner)
  }

  #whole(content: Buffer): void {
    this.#search.whole(content)
    this.#archive?.write(content)
  }

  #pass(chunk: Buffer): void {
    this.#search.write(chunk)
    this.#archive?.write(chunk)
  }
}

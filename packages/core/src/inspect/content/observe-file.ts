import { createHash, type Hash } from 'node:crypto'
import type { Descriptor } from '@assay/registry'
import type { ContentFacts, ContentObserver } from '../../image/content-facts.ts'
import type { ContentSink } from '../../image/content-sink.ts'
import { baseName } from '../../image/layer-path.ts'
import type { Observe } from '../../image/read-layer.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import { captureBudget, FileCapture, type CaptureBudget } from './capture/file-capture.ts'
import { ProgramCapture } from './capture/program-capture.ts'
import { ContentSearch } from './content-search.ts'
import { elfEnd } from './elf-header.ts'
import { fileFormOf, headBytes, plainForm, type FileForm } from './file-form.ts'
import { archiveIn } from './nested/archive-in.ts'
import { NestedReport } from './nested/archive-place.ts'
import { nestedBudget, nestedImageBudget, type NestedBudget } from './nested/nested-budget.ts'

/** What is wanted beside what every inspection looks at. */
interface ObserverOptions {
  /** The digest of every file. */
  readonly everyFile?: boolean
  /** A list of all software: every program is hashed, and large archives are opened, in as much memory as they are. */
  readonly inventory?: boolean
  /** What may be kept; shared with what remembers layers. */
  readonly budget?: CaptureBudget
}

/** Makes the observer of each layer; all of them together keep a bounded amount of metadata in memory. */
export function layerObservers({
  everyFile = false,
  inventory = false,
  budget = captureBudget(),
}: ObserverOptions = {}): (layer: Descriptor) => Observe {
  const nestedImage = nestedImageBudget()
  const image = { hasPackages: false }
  return ({ size }) => {
    // The files of a layer follow each other: one observer takes them all.
    const observer = new FileObserver({
      budget,
      nested: nestedBudget(nestedImage),
      inventory,
      image,
      hashAll: inventory || size <= eagerHashing,
      hashEveryFile: everyFile,
    })
    return (entry, path) => observer.begin(entry, path)
  }
}

/**
 * Every program is hashed while it passes. MD5, which only dpkg's lists need and which takes longer than all else, is
 * left out in layers of more compressed bytes, as long as no such list was seen; should one come later, the layer is
 * read again (`withSecondReading`).
 */
const eagerHashing = 64 * 1024 * 1024

interface Shared {
  readonly budget: CaptureBudget
  readonly nested: NestedBudget
  readonly image: { hasPackages: boolean }
  readonly hashAll: boolean
  readonly inventory: boolean
  readonly hashEveryFile: boolean
}

/** Looks at one file while it passes: what it is, what it hashes to, which programs or secrets it holds. */
class FileObserver implements ContentObserver {
  readonly #shared: Shared
  #size = 0
  #mode = 0
  #path = ''
  #program: ProgramCapture | undefined
  readonly #search = new ContentSearch()
  #nested: { readonly report: NestedReport; readonly archive: ContentSink | undefined } | undefined
  #staged: Buffer | undefined
  #form: FileForm | undefined
  readonly #capture: FileCapture
  #hashes: readonly Hash[] = none

  constructor(shared: Shared) {
    this.#shared = shared
    this.#capture = new FileCapture(shared.budget, shared.inventory)
  }

  /** Forgets the last file and expects the content of this one. */
  begin(entry: TarEntry, path: string): this {
    this.#size = entry.size
    this.#mode = entry.mode
    this.#path = path
    this.#capture.begin(path)
    if (path.startsWith('var/lib/dpkg/')) this.#shared.image.hasPackages = true
    this.#program = undefined
    this.#search.reset()
    this.#nested = undefined
    this.#staged = undefined
    this.#form = undefined
    this.#hashes = none
    return this
  }

  write(chunk: Buffer): void {
    if (this.#form !== undefined) {
      this.#pass(chunk)
      return
    }
    const staged = this.#staged === undefined ? chunk : Buffer.concat([this.#staged, chunk])
    if (staged.length < Math.min(headBytes, this.#size)) {
      this.#staged = Buffer.from(staged)
      return
    }
    this.#staged = undefined
    this.#start(staged)
    this.#pass(staged)
  }

  end(): void {
    this.#search.end()
    this.#nested?.archive?.end()
  }

  facts(): ContentFacts {
    const form = this.#form ?? plainForm
    const { matches } = this.#search
    const bare = this.#hashes.length === 0 && matches.length === 0 && !this.#capture.wants
    // Most files tell nothing: they share one value.
    if (bare && form === plainForm) return plainFacts
    const [sha256, md5] = this.#hashes.map((hash) => hash.digest('hex'))
    return {
      ...form,
      matches,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(md5 === undefined ? {} : { md5 }),
      ...this.#capture.facts(),
      ...this.#nested?.report.facts(),
      ...(this.#program === undefined ? {} : this.#programFacts(this.#program, form)),
    }
  }

  #programFacts(program: ProgramCapture, { elf }: FileForm): Partial<ContentFacts> {
    return {
      ...this.#capture.told(program.told()),
      ...(elf === undefined ? {} : { elf: { ...elf, ...program.auditable() } }),
    }
  }

  /** Decides by the first bytes what is to be done with the file. */
  #start(start: Buffer): void {
    const head = start.length > headBytes ? start.subarray(0, headBytes) : start
    this.#form = fileFormOf(head)
    const { form } = this.#form
    const isScript = form === 'script'
    this.#hashes = this.#hashesFor(form === 'elf' || isScript || (this.#mode & 0o111) !== 0, isScript)
    if (form === 'elf') {
      this.#program = new ProgramCapture(head)
      this.#search.asProgram(head, this.#program)
    } else this.#search.asText()
    if (form !== 'other') this.#findArchive(head, this.#form)
    if (start.length === this.#size) this.#search.whole(start)
  }

  #findArchive(head: Buffer, { form, archive: archiveForm }: FileForm): void {
    const programBytes = form === 'elf' ? elfEnd(head) : 0
    if (form === 'elf' && programBytes >= this.#size) return
    const report = new NestedReport(this.#shared.nested)
    const archive = archiveIn(report, { name: baseName(this.#path), form: archiveForm, programBytes })
    if (archive !== undefined || report.problems.length > 0) this.#nested = { report, archive }
  }

  /** dpkg lists MD5 digests, so that is what its files are compared by; SHA-256 is what findings name, and pip lists. */
  #hashesFor(runnable: boolean, script: boolean): readonly Hash[] {
    const { hashAll, hashEveryFile, image } = this.#shared
    const compared = hashAll || script || image.hasPackages
    if (hashEveryFile || (runnable && compared)) return [createHash('sha256'), createHash('md5')]
    return runnable || pythonPackages.test(this.#path) ? [createHash('sha256')] : none
  }

  #pass(chunk: Buffer): void {
    for (const hash of this.#hashes) hash.update(chunk)
    if (chunk.length < this.#size) this.#search.write(chunk)
    this.#program?.write(chunk)
    this.#capture.write(chunk)
    this.#nested?.archive?.write(chunk)
  }
}

const none: never[] = []
const pythonPackages = /\/(?:site|dist)-packages\//
const plainFacts: ContentFacts = { form: 'other', matches: [] }

import { createHash, type Hash } from 'node:crypto'
import type { Descriptor } from '@assay/registry'
import type { ContentFacts, ContentMatch, ContentObserver } from '../../image/content-facts.ts'
import type { Observe } from '../../image/read-layer.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import { archiveFormOf } from './archive-form.ts'
import { captureBudget, FileCapture, type CaptureBudget } from './capture/file-capture.ts'
import { ProgramCapture, programMarks, programReach } from './capture/program-capture.ts'
import { isElf, parseElf } from './elf-header.ts'
import { needleMatcher } from './search/needle-matcher.ts'
import { programSignatures } from './program-signatures.ts'
import { secretPatterns, secretReach } from './secret-patterns.ts'
import { shellGateWords, shellTablesIn } from './shell-words.ts'
import { WindowScanner, type LookAtBlock } from './window-scanner.ts'

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
  const image = { hasPackages: false }
  return ({ size }) => {
    // The files of a layer follow each other: one observer takes them all.
    const observer = new FileObserver({
      budget,
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
  readonly image: { hasPackages: boolean }
  readonly hashAll: boolean
  readonly inventory: boolean
  readonly hashEveryFile: boolean
}

/** How much of a file decides what it is; longer ELF headers are not seen in whole. */
const headBytes = 4096

/** Looks at one file while it passes: what it is, what it hashes to, which programs or secrets it holds. */
class FileObserver implements ContentObserver {
  readonly #shared: Shared
  #size = 0
  #mode = 0
  #path = ''
  #program: ProgramCapture | undefined
  #matches: ContentMatch[] = none
  #staged: Buffer | undefined
  #form: Form | undefined
  readonly #capture: FileCapture
  #hashes: readonly Hash[] = none
  #scanner: WindowScanner | undefined
  #gate = -1
  #shellFound = false

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
    this.#matches = none
    this.#staged = undefined
    this.#form = undefined
    this.#hashes = none
    this.#scanner?.end()
    this.#scanner = undefined
    this.#gate = -1
    this.#shellFound = false
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
    this.#scanner?.end()
    this.#scanner = undefined
  }

  facts(): ContentFacts {
    const form = this.#form ?? plainForm
    const bare = this.#hashes.length === 0 && this.#matches.length === 0 && !this.#capture.wants
    // Most files tell nothing: they share one value.
    if (bare && form === plainForm) return plainFacts
    const [sha256, md5] = this.#hashes.map((hash) => hash.digest('hex'))
    return {
      ...form,
      matches: this.#matches,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(md5 === undefined ? {} : { md5 }),
      ...this.#capture.facts(),
      ...(this.#program === undefined ? {} : this.#programFacts(this.#program, form)),
    }
  }

  #programFacts(program: ProgramCapture, { elf }: Form): Partial<ContentFacts> {
    return {
      ...this.#capture.told(program.told()),
      ...(elf === undefined ? {} : { elf: { ...elf, ...program.auditable() } }),
    }
  }

  /** Decides by the first bytes what is to be done with the file. */
  #start(start: Buffer): void {
    const head = start.length > headBytes ? start.subarray(0, headBytes) : start
    const program = isElf(head)
    this.#form = formOf(head)
    if (this.#form.elf?.packed === true) this.#add(upx)
    this.#hashes = this.#hashesFor(program || isScript(head) || (this.#mode & 0o111) !== 0, isScript(head))
    if (program) this.#program = new ProgramCapture(head)
    const look = program ? this.#lookAtProgram : this.#lookAtText
    if (start.length === this.#size) look(start, wholeFile)
    else this.#scanner = new WindowScanner(look)
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
    this.#scanner?.write(chunk)
    this.#program?.write(chunk)
    this.#capture.write(chunk)
  }

  readonly #lookAtProgram: LookAtBlock = (block, { fresh, offset }) => {
    // Needles that end in the overlap were seen with the last block.
    const from = Math.max(0, fresh - Math.max(programs.longest, programReach) + 1)
    this.#program?.block(block, fresh)
    programs.scan(block, from, (needle, at) => {
      const signature = programSignatures[needle]
      if (needle >= firstMark) this.#program?.marked(needle - firstMark, block, { at, offset })
      else if (signature === undefined) this.#gate = offset + at
      else this.#add({ signature: signature.id, offset: offset + at, excerpt: signature.needle.trim() })
    })
    if (this.#gate < offset || this.#shellFound) return
    const tables = shellTablesIn(block)
    if (tables === undefined) return
    this.#shellFound = true
    const excerpt = 'tables of variables, keywords and builtins'
    this.#add({ signature: 'shell.words', offset: offset + tables, excerpt })
  }

  readonly #lookAtText: LookAtBlock = (block, { fresh, offset }) => {
    const from = Math.max(0, fresh - secretReach)
    secrets.scan(block, from, (needle, at) => {
      const pattern = secretPatterns[needle]
      if (pattern === undefined || this.#knows(pattern.id)) return
      if (!pattern.form.test(block.toString('latin1', at, at + secretReach))) return
      this.#add({ signature: pattern.id, offset: offset + at, excerpt: `${pattern.start}…` })
    })
  }

  /** The first of each kind is kept: one is a finding, and a file may be made of thousands. */
  #add(match: ContentMatch): void {
    if (!this.#knows(match.signature)) this.#matches = [...this.#matches, match]
  }

  #knows(signature: string): boolean {
    return this.#matches.some((known) => known.signature === signature)
  }
}

const none: never[] = []
const pythonPackages = /\/(?:site|dist)-packages\//
const wholeFile = { fresh: 0, offset: 0 } as const
const upx: ContentMatch = { signature: 'packed.upx', offset: 0, excerpt: 'UPX!' }

function isScript(head: Buffer): boolean {
  return head[0] === 0x23 && head[1] === 0x21
}

type Form = Pick<ContentFacts, 'form' | 'elf' | 'shebang' | 'archive'>

const plainForm: Form = { form: 'other' }
const plainFacts: ContentFacts = { form: 'other', matches: [] }

function formOf(head: Buffer): Form {
  if (isElf(head)) return { form: 'elf', elf: { ...parseElf(head), packed: head.includes('UPX!') } }
  if (isScript(head)) return { form: 'script', shebang: shebangOf(head) }
  const archive = archiveFormOf(head)
  return archive === undefined ? plainForm : { form: 'archive', archive }
}

/** The first word after `#!`, which is what the kernel starts; of `env`, the command that it looks for. */
function shebangOf(head: Buffer): string {
  const [line = ''] = head.toString('latin1', 2, 258).split('\n')
  // As the kernel reads it: only spaces and tabs separate, and a NUL ends.
  return /^[ \t]*([^ \t\0]*)/.exec(line)?.[1] ?? ''
}

const firstMark = programSignatures.length + shellGateWords.length
const programs = needleMatcher([
  ...programSignatures.map((signature) => signature.needle),
  ...shellGateWords,
  ...programMarks,
])
const secrets = needleMatcher(secretPatterns.map((pattern) => pattern.start))

import type { ContentMatch } from '../../image/content-facts.ts'
import { programMarks, programReach, type ProgramCapture } from './capture/program-capture.ts'
import { ByteEntropy } from './byte-entropy.ts'
import { isSectionless } from './elf-header.ts'
import { programSignatures } from './program-signatures.ts'
import { scriptSignatures } from './script-signatures.ts'
import { needleMatcher } from './search/needle-matcher.ts'
import { secretPatterns, secretReach } from './secret-patterns.ts'
import { shellGateWords, shellTablesIn } from './shell-words.ts'
import { WindowScanner, type LookAtBlock } from './window-scanner.ts'

/** Searches the content of one file after the other for what programs of some kind hold, or for secrets. */
export class ContentSearch {
  #matches: ContentMatch[] = none
  #look: LookAtBlock | undefined
  #scanner: WindowScanner | undefined
  #program: ProgramCapture | undefined
  #entropy: ByteEntropy | undefined
  #gate = -1
  #shellFound = false

  /** What was found, the first of each kind: one is a finding, and a file may be made of thousands. */
  get matches(): readonly ContentMatch[] {
    return this.#matches
  }

  /** Forgets the last file. */
  reset(): void {
    this.end()
    this.#matches = none
    this.#look = undefined
    this.#program = undefined
    this.#entropy = undefined
    this.#gate = -1
    this.#shellFound = false
  }

  /** Searches what comes as a program that begins so; `capture` is told of the marks that it asks for. */
  asProgram(head: Buffer, capture?: ProgramCapture): void {
    this.#program = capture
    this.#look = this.#lookAtProgram
    if (head.includes('UPX!')) this.add({ signature: 'packed.upx', offset: 0, excerpt: 'UPX!' })
    if (isSectionless(head)) this.#entropy = new ByteEntropy()
  }

  /** Searches what comes for secrets, and for programs that an interpreter runs. */
  asText(): void {
    this.#look = this.#lookAtText
  }

  /** Takes the content in one piece. */
  whole(content: Buffer): void {
    this.#look?.(content, wholeFile)
    this.#entropy?.add(content)
  }

  write(chunk: Buffer): void {
    if (this.#look === undefined) return
    this.#entropy?.add(chunk)
    this.#scanner ??= new WindowScanner(this.#look)
    this.#scanner.write(chunk)
  }

  end(): void {
    this.#scanner?.end()
    this.#scanner = undefined
    const bits = this.#entropy?.bits() ?? 0
    if (bits < packedBits) return
    const excerpt = `no sections, ${bits.toFixed(2)} bits of entropy a byte`
    this.add({ signature: 'packed.unknown', offset: 0, excerpt })
  }

  add(match: ContentMatch): void {
    if (!this.#knows(match.signature)) this.#matches = [...this.#matches, match]
  }

  #knows(signature: string): boolean {
    return this.#matches.some((known) => known.signature === signature)
  }

  readonly #lookAtProgram: LookAtBlock = (block, { fresh, offset }) => {
    // Needles that end in the overlap were seen with the last block.
    const from = Math.max(0, fresh - Math.max(programs.longest, programReach) + 1)
    this.#program?.block(block, fresh)
    programs.scan(block, from, (needle, at) => {
      const signature = programSignatures[needle]
      if (needle >= firstMark) this.#program?.marked(needle - firstMark, block, { at, offset })
      else if (signature === undefined) this.#gate = Math.max(this.#gate, offset + at)
      else this.add({ signature: signature.id, offset: offset + at, excerpt: signature.needle.trim() })
    })
    if (this.#gate < offset || this.#shellFound) return
    const tables = shellTablesIn(block)
    if (tables === undefined) return
    this.#shellFound = true
    const excerpt = 'tables of variables, keywords and builtins'
    this.add({ signature: 'shell.words', offset: offset + tables, excerpt })
  }

  readonly #lookAtText: LookAtBlock = (block, { fresh, offset }) => {
    const from = Math.max(0, fresh - secretReach)
    texts.scan(block, from, (needle, at) => {
      const pattern = textPatterns[needle]
      if (pattern === undefined || this.#knows(pattern.id)) return
      if (!pattern.form.test(block.toString('latin1', at, at + secretReach))) return
      this.add({ signature: pattern.id, offset: offset + at, excerpt: `${pattern.start}…` })
    })
  }
}

const none: ContentMatch[] = []
/** None of the 2753 ELF files of a Debian system lacks its sections, and the code of none is as even as this. */
const packedBits = 7.2
const wholeFile = { fresh: 0, offset: 0 } as const

const firstMark = programSignatures.length + shellGateWords.length
const programs = needleMatcher([
  ...programSignatures.map((signature) => signature.needle),
  ...shellGateWords,
  ...programMarks,
])
const textPatterns = [...secretPatterns, ...scriptSignatures]
const texts = needleMatcher(textPatterns.map((pattern) => pattern.start))

import { createHash, type Hash } from 'node:crypto'
import type { ContentFacts, ContentMatch, ContentObserver } from '../../image/content-facts.ts'
import { LIMITS } from '../../image/limits.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import { archiveFormOf } from './archive-form.ts'
import { isElf, parseElf } from './elf-header.ts'
import { isMetadataPath } from './metadata-paths.ts'
import { needleMatcher } from './needle-matcher.ts'
import { programSignatures } from './program-signatures.ts'
import { secretPatterns, secretReach } from './secret-patterns.ts'
import { shellGateWords, shellTablesIn } from './shell-words.ts'
import { WindowScanner, type LookAtBlock } from './window-scanner.ts'

/** Gives every regular file an observer, and keeps count of the metadata that is held in memory. */
export function fileObserver(): (entry: TarEntry, path: string) => ContentObserver {
  const budget: Budget = { left: LIMITS.metadataTotalBytes }
  return (entry, path) => new FileObserver(entry, isMetadataPath(path) ? budget : undefined)
}

interface Budget {
  left: number
}

/** How much of a file decides what it is; longer ELF headers are not seen in whole. */
const headBytes = 4096

/** Looks at one file while it passes: what it is, what it hashes to, which programs or secrets it holds. */
class FileObserver implements ContentObserver {
  readonly #entry: TarEntry
  readonly #budget: Budget | undefined
  readonly #matches: ContentMatch[] = []
  #staged: Buffer | undefined
  #form: Form | undefined
  #kept: Buffer[] = []
  #keptBytes = 0
  #cutShort = false
  #hashes: readonly Hash[] = []
  #scanner: WindowScanner | undefined

  constructor(entry: TarEntry, budget: Budget | undefined) {
    this.#entry = entry
    this.#budget = budget
  }

  write(chunk: Buffer): void {
    if (this.#form !== undefined) {
      this.#pass(chunk)
      return
    }
    const staged = this.#staged === undefined ? chunk : Buffer.concat([this.#staged, chunk])
    if (staged.length < Math.min(headBytes, this.#entry.size)) {
      this.#staged = Buffer.from(staged)
      return
    }
    this.#begin(staged.subarray(0, headBytes))
    this.#pass(staged)
  }

  end(): void {
    this.#scanner?.end()
  }

  facts(): ContentFacts {
    const form = this.#form ?? plainForm
    const bare = this.#hashes.length === 0 && this.#matches.length === 0 && this.#budget === undefined
    // Most files tell nothing: they share one value.
    if (bare && form === plainForm) return plainFacts
    const [sha256, md5] = this.#hashes.map((hash) => hash.digest('hex'))
    const metadata = this.#budget === undefined ? undefined : Buffer.concat(this.#kept)
    return {
      ...withPacking(form, this.#matches),
      matches: this.#matches,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(md5 === undefined ? {} : { md5 }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(this.#cutShort ? { cutShort: true } : {}),
    }
  }

  #begin(head: Buffer): void {
    this.#form = formOf(head)
    const program = isElf(head)
    const runnable = program || isScript(head) || (this.#entry.mode & 0o111) !== 0
    // dpkg lists MD5 digests, so that is what its files are compared by; SHA-256 is what findings name.
    if (runnable) this.#hashes = [createHash('sha256'), createHash('md5')]
    const look = program ? programLook(this.#matches) : secretLook(this.#matches)
    this.#scanner = new WindowScanner(this.#entry.size, look)
  }

  #pass(chunk: Buffer): void {
    for (const hash of this.#hashes) hash.update(chunk)
    this.#scanner?.write(chunk)
    if (this.#budget !== undefined) this.#keep(chunk, this.#budget)
  }

  #keep(chunk: Buffer, budget: Budget): void {
    const room = Math.min(budget.left, LIMITS.metadataBytes - this.#keptBytes)
    if (room < chunk.length) this.#cutShort = true
    if (room <= 0) return
    const part = Buffer.from(chunk.subarray(0, room))
    this.#kept.push(part)
    this.#keptBytes += part.length
    budget.left -= part.length
  }
}

function isScript(head: Buffer): boolean {
  return head[0] === 0x23 && head[1] === 0x21
}

type Form = Pick<ContentFacts, 'form' | 'elf' | 'shebang' | 'archive'>

const plainForm: Form = { form: 'other' }
const plainFacts: ContentFacts = { form: 'other', matches: [] }

function formOf(head: Buffer): Form {
  if (isElf(head)) return { form: 'elf', elf: parseElf(head) }
  if (isScript(head)) return { form: 'script', shebang: shebangOf(head) }
  const archive = archiveFormOf(head)
  return archive === undefined ? plainForm : { form: 'archive', archive }
}

/** Whether a program is packed is known only after its content passed. */
function withPacking(form: Form, matches: readonly ContentMatch[]): Form {
  const packed = matches.some((match) => match.signature === 'packed.upx')
  return form.elf !== undefined && packed ? { ...form, elf: { ...form.elf, packed } } : form
}

/** The first word after `#!`, which is what the kernel starts; of `env`, the command that it looks for. */
function shebangOf(head: Buffer): string {
  const [line = ''] = head.toString('latin1', 2, 258).split('\n')
  const words = line.trim().split(/[ \t]+/)
  return words[0] ?? ''
}

const programs = needleMatcher([...programSignatures.map((signature) => signature.needle), ...shellGateWords])
const secrets = needleMatcher(secretPatterns.map((pattern) => pattern.start))

function programLook(matches: ContentMatch[]): LookAtBlock {
  let gate = -1
  let shellFound = false
  return (block, { fresh, offset }) => {
    // Needles that end in the overlap were seen with the last block.
    const from = Math.max(0, fresh - programs.longest + 1)
    programs.scan(block, from, (needle, at) => {
      const signature = programSignatures[needle]
      if (signature === undefined) gate = offset + at
      else
        addMatch(matches, { signature: signature.id, offset: offset + at, excerpt: signature.needle.trim() })
    })
    if (gate < offset || shellFound) return
    const tables = shellTablesIn(block)
    if (tables === undefined) return
    shellFound = true
    addMatch(matches, {
      signature: 'shell.words',
      offset: offset + tables,
      excerpt: 'tables of variables, keywords and builtins',
    })
  }
}

function secretLook(matches: ContentMatch[]): LookAtBlock {
  return (block, { fresh, offset }) => {
    const from = Math.max(0, fresh - secretReach)
    secrets.scan(block, from, (needle, at) => {
      const pattern = secretPatterns[needle]
      if (pattern === undefined || !pattern.form.test(block.toString('latin1', at, at + secretReach))) return
      addMatch(matches, { signature: pattern.id, offset: offset + at, excerpt: `${pattern.start}…` })
    })
  }
}

/** The first of each kind is kept: one is a finding, and a file may be made of thousands. */
function addMatch(matches: ContentMatch[], match: ContentMatch): void {
  if (!matches.some((known) => known.signature === match.signature)) matches.push(match)
}

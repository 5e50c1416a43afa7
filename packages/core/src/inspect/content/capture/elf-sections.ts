import type { ByteRange } from '../../../image/content-facts.ts'
import { ElfReader } from '../elf-reader.ts'

/** The names of sections nearly always stand right before the table that refers to them. */
const before = 16_384
const sectionsAtMost = 4096

/** Keeps the end of an ELF file while it passes, to find the sections that it names. */
export class ElfSections {
  readonly #head: ElfReader
  readonly #start: number
  readonly #table: number
  readonly #entrySize: number
  readonly #count: number
  readonly #kept: Buffer[] = []
  #position = 0

  constructor(head: Buffer) {
    this.#head = new ElfReader(Buffer.from(head.subarray(0, 64)))
    const { wide } = this.#head
    this.#table = this.#head.word(wide ? 40 : 32)
    this.#entrySize = this.#head.u16(wide ? 58 : 46)
    this.#count = Math.min(this.#head.u16(wide ? 60 : 48), sectionsAtMost)
    this.#start = Math.max(0, this.#table - before)
  }

  write(chunk: Buffer): void {
    const from = Math.max(0, this.#start - this.#position)
    const end = this.#table + this.#entrySize * this.#count
    const to = Math.min(chunk.length, end - this.#position)
    if (this.#table > 0 && from < to) this.#kept.push(Buffer.from(chunk.subarray(from, to)))
    this.#position += chunk.length
  }

  /** Where the section of this name lies in the file. */
  find(name: string): ByteRange | undefined {
    if (this.#kept.length === 0) return undefined
    const reader = new ElfReader(Buffer.concat(this.#kept), this.#head)
    const { wide } = reader
    const nameTable = this.#sectionAt(reader, reader.head16(wide ? 62 : 50))
    for (let index = 0; index < this.#count; index++) {
      const at = this.#table - this.#start + index * this.#entrySize
      if (reader.textAt(nameTable.offset - this.#start + reader.u32(at), name.length + 1) === `${name}\0`)
        return this.#sectionAt(reader, index)
    }
    return undefined
  }

  #sectionAt(reader: ElfReader, index: number): ByteRange {
    const at = this.#table - this.#start + index * this.#entrySize
    const { wide } = reader
    return { offset: reader.word(at + (wide ? 24 : 16)), size: reader.word(at + (wide ? 32 : 20)) }
  }
}

import type { ByteRange } from '../../../image/content-facts.ts'
import { ElfReader } from '../elf-reader.ts'

const sectionsAtMost = 4096

/** Keeps the table of sections of an ELF file while it passes. */
export class ElfSections {
  readonly #head: ElfReader
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
  }

  write(chunk: Buffer): void {
    const from = Math.max(0, this.#table - this.#position)
    const to = Math.min(chunk.length, this.#table + this.#entrySize * this.#count - this.#position)
    if (this.#table > 0 && from < to) this.#kept.push(Buffer.from(chunk.subarray(from, to)))
    this.#position += chunk.length
  }

  /**
   * Where the section lies whose name stands at one of these places in the file. Linkers put the names before or
   * behind anything else, so they are found by what they say.
   */
  named(places: readonly number[]): ByteRange | undefined {
    if (places.length === 0 || this.#kept.length === 0) return undefined
    const reader = new ElfReader(Buffer.concat(this.#kept), this.#head)
    const names = this.#section(reader, reader.head16(reader.wide ? 62 : 50))
    for (let index = 0; index < this.#count; index++) {
      const name = names.offset + reader.u32(index * this.#entrySize)
      if (places.includes(name)) return this.#section(reader, index)
    }
    return undefined
  }

  #section(reader: ElfReader, index: number): ByteRange {
    const at = index * this.#entrySize
    const { wide } = reader
    return { offset: reader.word(at + (wide ? 24 : 16)), size: reader.word(at + (wide ? 32 : 20)) }
  }
}

/** Numbers of either width and order; 0 for everything outside the bytes. */
export class ElfReader {
  readonly wide: boolean
  readonly #bytes: Buffer
  readonly #little: boolean
  readonly #head: ElfReader | undefined

  /** Bytes that are not the beginning of the file need its head, which tells width and order. */
  constructor(bytes: Buffer, head?: ElfReader) {
    this.#bytes = bytes
    this.#head = head
    this.wide = head === undefined ? bytes[4] === 2 : head.wide
    this.#little = head === undefined ? bytes[5] !== 2 : head.#little
  }

  u16(at: number): number {
    if (!this.#holds(at, 2)) return 0
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at)
  }

  u32(at: number): number {
    if (!this.#holds(at, 4)) return 0
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at)
  }

  /** A number of the file's own width. */
  word(at: number): number {
    if (!this.wide) return this.u32(at)
    if (!this.#holds(at, 8)) return 0
    return Number(this.#little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at))
  }

  /** A number in the head of the file. */
  head16(at: number): number {
    return (this.#head ?? this).u16(at)
  }

  #holds(at: number, length: number): boolean {
    return Number.isSafeInteger(at) && at >= 0 && at + length <= this.#bytes.length
  }
}

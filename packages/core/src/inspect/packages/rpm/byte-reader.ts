import { malformed } from '../databases/database.ts'

/** Numbers out of bytes that lie about themselves: everything outside is an error with a code. */
export class ByteReader {
  readonly bytes: Buffer
  readonly #bigEndian: boolean

  constructor(bytes: Buffer, order: 'big' | 'little') {
    this.bytes = bytes
    this.#bigEndian = order === 'big'
  }

  u8(at: number): number {
    this.#check(at, 1)
    return this.bytes.readUInt8(at)
  }

  u16(at: number): number {
    this.#check(at, 2)
    return this.#bigEndian ? this.bytes.readUInt16BE(at) : this.bytes.readUInt16LE(at)
  }

  u32(at: number): number {
    this.#check(at, 4)
    return this.#bigEndian ? this.bytes.readUInt32BE(at) : this.bytes.readUInt32LE(at)
  }

  slice(at: number, length: number): Buffer {
    this.#check(at, length)
    return this.bytes.subarray(at, at + length)
  }

  /** A part of the bytes with the same order. */
  part(at: number, length: number): ByteReader {
    return new ByteReader(this.slice(at, length), this.#bigEndian ? 'big' : 'little')
  }

  #check(at: number, length: number): void {
    if (Number.isSafeInteger(at) && at >= 0 && length >= 0 && at + length <= this.bytes.length) return
    throw malformed('it points outside of itself', {
      expected: `at most ${this.bytes.length} bytes`,
      got: `${length} bytes at ${at}`,
    })
  }
}

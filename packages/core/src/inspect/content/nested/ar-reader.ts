import type { ContentSink } from '../../../image/content-sink.ts'
import type { ArchivePlace } from './archive-place.ts'

/**
 * An `ar` archive: a Debian package, or a library of object files. Each file has a header of text of 60 bytes, and
 * begins at an even offset.
 */
export class ArReader implements ContentSink {
  readonly #place: ArchivePlace
  #header: Buffer = Buffer.alloc(0)
  /** Bytes before the next header that are nobody's. */
  #skip = magicBytes
  /** Bytes of the open file that are still to come. */
  #left = 0
  #member: Member | undefined
  #broken = false

  constructor(place: ArchivePlace) {
    this.#place = place
  }

  write(chunk: Buffer): void {
    if (this.#broken || !this.#place.take(chunk.length)) return
    for (let at = 0; at < chunk.length && !this.#isBroken();) at += this.#take(chunk.subarray(at))
  }

  end(): void {
    if (this.#broken) return
    this.#member?.end()
    if (this.#left > 0 || this.#header.length > 0) this.#refuse('the ar archive is cut short')
  }

  #isBroken(): boolean {
    return this.#broken
  }

  /** Takes the begin of some bytes, and says how many. */
  #take(bytes: Buffer): number {
    if (this.#left > 0) return this.#content(bytes.subarray(0, this.#left))
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length)
      this.#skip -= skipped
      return skipped
    }
    const part = bytes.subarray(0, headerBytes - this.#header.length)
    this.#header = Buffer.concat([this.#header, part])
    if (this.#header.length === headerBytes) this.#begin(this.#header.toString('latin1'))
    return part.length
  }

  #content(part: Buffer): number {
    this.#member?.write(part)
    this.#left -= part.length
    if (this.#left === 0) {
      this.#member?.end()
      this.#member = undefined
    }
    return part.length
  }

  #begin(header: string): void {
    this.#header = Buffer.alloc(0)
    const size = Number(/^(\d{1,10}) *$/.exec(header.slice(48, 58))?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(size) || header.slice(58) !== '`\n') {
      this.#refuse('not an ar archive')
      return
    }
    this.#left = size
    this.#skip = size % 2
    if (size > 0) this.#member = new Member(this.#place, header.slice(0, 16).replace(/\/? *$/, ''), size)
  }

  #refuse(why: string): void {
    this.#broken = true
    this.#place.unseen(`it cannot be read to its end: ${why}`)
  }
}

const magicBytes = 8
const headerBytes = 60

/** A file of the archive. Object files are passed over: nobody starts them, and libraries have thousands. */
class Member implements ContentSink {
  readonly #place: ArchivePlace
  readonly #name: string
  readonly #size: number
  #staged: Buffer = Buffer.alloc(0)
  #content: ContentSink | undefined
  #begun = false

  constructor(place: ArchivePlace, name: string, size: number) {
    this.#place = place
    this.#name = name
    this.#size = size
  }

  write(chunk: Buffer): void {
    if (this.#begun) {
      this.#content?.write(chunk)
      return
    }
    this.#staged = Buffer.concat([this.#staged, chunk])
    if (this.#staged.length < Math.min(typeEnd, this.#size)) return
    this.#begun = true
    if (isObject(this.#staged)) return
    this.#content = this.#place.file(this.#name, this.#size)
    this.#content?.write(this.#staged)
  }

  end(): void {
    this.#content?.end()
  }
}

/** Where the type stands in the header of an ELF file, in the order of its own bytes. */
const typeEnd = 18

function isObject(start: Buffer): boolean {
  if (start.length < typeEnd || start.readUInt32BE(0) !== 0x7f454c46) return false
  return (start[5] === 2 ? start.readUInt16BE(16) : start.readUInt16LE(16)) === 1
}

import type { ContentSink } from '../../../image/content-sink.ts'
import type { ArchivePlace } from './archive-place.ts'
import { joined } from './joined-chunks.ts'
import { zipMember, type ZipMember } from './zip-member.ts'
import { ZipHeaders } from './zip-headers.ts'

/**
 * Reads every file of a zip by its local header, wherever in the bytes that stands: readers find files by a directory
 * at the end, which can name any of them, and none without a local header. So nothing is hidden behind bytes in front,
 * between files, or inside others.
 */
export class ZipSearcher implements ContentSink {
  readonly #place: ArchivePlace
  readonly #headers: ZipHeaders
  /** The end of the last chunk, where a header may have begun. */
  #staged: Buffer = empty
  #open: ZipMember[] = []
  /** Where what is staged begins. */
  #position = 0
  /** How many of the next bytes another reader searches. */
  #covered = 0

  constructor(place: ArchivePlace) {
    this.#place = place
    this.#headers = new ZipHeaders(place)
  }

  write(chunk: Buffer): void {
    // What is staged went to the open files with the chunk before.
    for (const member of this.#open) member.write(chunk)
    joined(this.#staged, chunk, (bytes) => this.#search(bytes))
    this.#open = this.#open.filter((member) => !member.ended)
    // The directory comes last: what is wrong with the files before it is known by then.
    this.#headers.write(chunk)
  }

  end(): void {
    this.#headers.end()
    for (const member of this.#open) member.end()
  }

  #search(bytes: Buffer): void {
    let at = bytes.indexOf(signature, this.#covered)
    while (at >= 0 && isWhole(bytes, at)) {
      this.#covered = at + signature.length
      if (isPlausible(bytes, at)) this.#member(bytes, at)
      at = bytes.indexOf(signature, this.#covered)
    }
    const from = at >= 0 ? at : Math.max(0, bytes.length - signature.length + 1)
    this.#covered = Math.max(0, this.#covered - from)
    this.#position += from
    this.#staged = Buffer.from(bytes.subarray(from))
  }

  #member(bytes: Buffer, at: number): void {
    this.#open = this.#open.filter((known) => !known.ended)
    if (this.#open.length >= mostOpen) {
      this.#place.unseen('files in it overlap')
      return
    }
    const start = at + headerLength(bytes, at)
    const position = this.#position + at
    const member = zipMember(bytes.subarray(at, start), this.#place, () => this.#headers.broken(position))
    if (member === undefined) return
    const { left } = member
    member.write(bytes.subarray(start))
    this.#open.push(member)
    // A zip that is stored in this one is searched by a reader of its own; a header may begin at its end.
    const isZip = left !== undefined && Number.isFinite(left) && bytes.indexOf(signature, start) === start
    if (isZip) this.#covered = Math.max(this.#covered, start + left - longestHeader)
  }
}

const empty = Buffer.alloc(0)
const signature = Buffer.from('PK\x03\x04', 'latin1')
const fixedBytes = 30
/** Files whose bytes overlap, that are read at a time. */
const mostOpen = 16
const longestName = 4096
const longestHeader = fixedBytes + longestName + 65_535

function headerLength(bytes: Buffer, at: number): number {
  return fixedBytes + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
}

function isWhole(bytes: Buffer, at: number): boolean {
  if (at + fixedBytes > bytes.length) return false
  // What cannot be a header is not waited for.
  return !isPlausible(bytes, at) || at + headerLength(bytes, at) <= bytes.length
}

/** Whether this is a header, and not four bytes of compressed content that look like the begin of one. */
function isPlausible(bytes: Buffer, at: number): boolean {
  const nameLength = bytes.readUInt16LE(at + 26)
  return (
    bytes.readUInt16LE(at + 4) < 64 &&
    bytes.readUInt16LE(at + 8) < 100 &&
    nameLength > 0 &&
    nameLength <= longestName
  )
}

import type { ContentSink } from '../../../image/content-sink.ts'
import type { ArchivePlace } from './archive-place.ts'
import { joined } from './joined-chunks.ts'

/** What a header says of a file: of the two that each file has, readers believe one or the other. */
interface Said {
  readonly name: string
  readonly method: number
  /** Compressed. */
  readonly size: number
}

interface Local extends Said {
  /** The size stands behind the content. */
  readonly follows: boolean
}

interface Central extends Said {
  readonly offset: number
  /** To the next one. */
  readonly length: number
}

/**
 * Compares the directories of a zip with the headers in front of its files (APPNOTE.TXT §4.3.7, §4.3.12): files are
 * looked at by the latter, and most readers go by the former. Where they differ, what readers find was not looked at.
 */
export class ZipHeaders implements ContentSink {
  readonly #place: ArchivePlace
  readonly #locals = new Map<number, Local>()
  readonly #centrals = new Map<number, Central>()
  /** Where headers stand behind which is no such file. */
  readonly #broken = new Set<number>()
  /** The end of the last chunk, where a header may have begun. */
  #staged: Buffer = Buffer.alloc(0)
  /** Where what is staged begins. */
  #position = 0
  /** Bytes of memory. */
  #held = 0

  constructor(place: ArchivePlace) {
    this.#place = place
  }

  write(chunk: Buffer): void {
    joined(this.#staged, chunk, (bytes) => this.#search(bytes))
  }

  /** What stands behind the header at this place cannot be inflated. */
  broken(position: number): void {
    this.#hold(0, () => this.#broken.add(position))
  }

  end(): void {
    this.#locals.clear()
    this.#centrals.clear()
    this.#broken.clear()
    this.#place.takeHeaders(-this.#held)
    this.#held = 0
  }

  #search(bytes: Buffer): void {
    let at = bytes.indexOf('PK', 0, 'latin1')
    while (at >= 0 && at + neededAt(bytes, at) <= bytes.length) {
      this.#take(bytes, at)
      at = bytes.indexOf('PK', at + 2, 'latin1')
    }
    const from = at >= 0 ? at : Math.max(0, bytes.length - 1)
    this.#staged = Buffer.from(bytes.subarray(from))
    this.#position += from
  }

  #take(bytes: Buffer, at: number): void {
    const position = this.#position + at
    const signature = signatureAt(bytes, at)
    if (signature === localHeader) this.#keep(this.#locals, position, localAt(bytes, at))
    else if (signature === centralHeader) this.#keep(this.#centrals, position, centralAt(bytes, at))
    else if (signature === directoryEnd)
      this.#compare(position, bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16))
    else if (signature === directoryEnd64)
      this.#compare(position, Number(bytes.readBigUInt64LE(at + 40)), Number(bytes.readBigUInt64LE(at + 48)))
  }

  #keep<Header extends Said>(headers: Map<number, Header>, position: number, header: Header): void {
    this.#hold(header.name.length, () => headers.set(position, header))
  }

  #hold(bytes: number, keep: () => void): void {
    const memory = memoryOfHeader + bytes
    this.#held += memory
    if (this.#place.takeHeaders(memory)) keep()
    else this.#place.unseen('it has too many files for their headers to be compared')
  }

  /** Bytes before the archive shift everything; some readers take no notice of them. */
  #compare(end: number, size: number, offset: number): void {
    for (const start of new Set([end - size, offset])) {
      if (size === 0 || start + size > end || !this.#centrals.has(start)) continue
      if (!this.#agrees(start, { end: start + size, shift: start - offset }))
        this.#place.unseen('its directory and the headers of its files do not say the same')
    }
  }

  #agrees(start: number, { end, shift }: { readonly end: number; readonly shift: number }): boolean {
    for (let at = start; at < end;) {
      const central = this.#centrals.get(at)
      if (central === undefined) return false
      const position = shift + central.offset
      const local = this.#locals.get(position)
      if (local === undefined || !agree(local, central)) return false
      if (this.#broken.has(position)) this.#place.unseen('a file in it cannot be inflated')
      at += central.length
    }
    return true
  }
}

const memoryOfHeader = 150
const [localHeader, centralHeader, directoryEnd, directoryEnd64] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50,
]
/** Sizes and places of that much stand elsewhere, in 64 bits. */
const elsewhere = 0xffff_ffff
const longestName = 4096

function signatureAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at)
}

/** How many bytes it takes to know what stands here. */
function neededAt(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) return 4
  const signature = signatureAt(bytes, at)
  if (signature === directoryEnd) return 22
  if (signature === directoryEnd64) return 56
  if (signature === localHeader) return withName(bytes, { at, fixed: 30, lengthAt: 26 })
  return signature === centralHeader ? withName(bytes, { at, fixed: 46, lengthAt: 28 }) : 4
}

function withName(
  bytes: Buffer,
  { at, fixed, lengthAt }: { readonly at: number; readonly fixed: number; readonly lengthAt: number },
): number {
  if (at + fixed > bytes.length) return fixed
  return fixed + Math.min(longestName, bytes.readUInt16LE(at + lengthAt))
}

function localAt(bytes: Buffer, at: number): Local {
  const nameLength = bytes.readUInt16LE(at + 26)
  return {
    name: nameAt(bytes, at + 30, nameLength),
    method: bytes.readUInt16LE(at + 8),
    size: bytes.readUInt32LE(at + 18),
    follows: (bytes.readUInt16LE(at + 6) & 8) !== 0,
  }
}

function centralAt(bytes: Buffer, at: number): Central {
  const nameLength = bytes.readUInt16LE(at + 28)
  return {
    name: nameAt(bytes, at + 46, nameLength),
    method: bytes.readUInt16LE(at + 10),
    size: bytes.readUInt32LE(at + 20),
    offset: bytes.readUInt32LE(at + 42),
    length: 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32),
  }
}

function nameAt(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('latin1', at, at + Math.min(longestName, length))
}

/** A stored file whose size stands elsewhere is measured by what only one reader may see. */
function agree(local: Local, central: Central): boolean {
  if (local.method !== central.method || local.name !== central.name) return false
  if (local.follows && local.size === 0) return true
  return local.size === central.size && (local.size !== elsewhere || local.method !== 0)
}

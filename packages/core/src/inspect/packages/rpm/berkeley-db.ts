import { LIMITS } from '../../../image/limits.ts'
import { malformed } from '../databases/database.ts'
import { ByteReader } from './byte-reader.ts'

const hashMagic = 0x061561
const pageTypes = { unsortedHash: 2, overflow: 7, hash: 13 } as const
const itemTypes = { keyData: 1, offPage: 3 } as const
const pageHeader = 26

/**
 * The values of a Berkeley DB hash database, as rpm kept its packages in until version 4.16 (Berkeley DB,
 * dbinc/db_page.h). Long values go on in a chain of pages, and no page is used twice.
 */
export function* berkeleyValues(file: Buffer): Generator<Buffer> {
  const bytes = ordered(file)
  const pageSize = bytes.u32(20)
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw malformed('its pages have no possible size')
  if (bytes.u8(24) !== 0) throw malformed('it is encrypted')
  const last = bytes.u32(32)
  if ((last + 1) * pageSize > file.length) throw malformed('it is cut off')
  const pages = new Pages(bytes, pageSize)
  for (let number = 1; number <= last; number++) {
    const page = pages.at(number)
    const type = page.u8(25)
    if (type === pageTypes.hash || type === pageTypes.unsortedHash) yield* valuesOf(page, pages)
  }
}

/** Both orders of bytes are written, as the machine has them. */
function ordered(file: Buffer): ByteReader {
  for (const order of ['little', 'big'] as const) {
    const bytes = new ByteReader(file, order)
    if (bytes.u32(12) === hashMagic) return bytes
  }
  throw malformed('it is no hash database of Berkeley DB')
}

class Pages {
  readonly #bytes: ByteReader
  readonly #size: number
  readonly #used = new Set<number>()

  constructor(bytes: ByteReader, size: number) {
    this.#bytes = bytes
    this.#size = size
  }

  at(number: number): ByteReader {
    return this.#bytes.part(number * this.#size, this.#size)
  }

  /** A value that fills pages of its own. */
  chain(first: number, length: number): Buffer {
    if (length > LIMITS.metadataBytes) throw malformed('a value is too long', { got: `${length} bytes` })
    const parts: Buffer[] = []
    let left = length
    for (let number = first; left > 0;) {
      if (number === 0 || this.#used.has(number)) throw malformed('a chain of pages is broken')
      this.#used.add(number)
      const page = this.at(number)
      if (page.u8(25) !== pageTypes.overflow) throw malformed('a page of a chain is of another kind')
      const part = page.slice(pageHeader, Math.min(left, page.u16(22)))
      if (part.length === 0) throw malformed('a chain of pages is broken')
      parts.push(part)
      left -= part.length
      number = page.u32(16)
    }
    return Buffer.concat(parts)
  }
}

/** Keys and values take turns; an item reaches to where the one before it begins. */
function* valuesOf(page: ByteReader, pages: Pages): Generator<Buffer> {
  const items = page.u16(20)
  for (let item = 1; item < items; item += 2) {
    const start = page.u16(pageHeader + 2 * item)
    const end = page.u16(pageHeader + 2 * (item - 1))
    const type = page.u8(start)
    if (type === itemTypes.keyData) yield page.slice(start + 1, end - start - 1)
    else if (type === itemTypes.offPage) yield pages.chain(page.u32(start + 4), page.u32(start + 8))
    else throw malformed('a value is of an unknown kind', { got: String(type) })
  }
}

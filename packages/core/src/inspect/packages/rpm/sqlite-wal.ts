import { LIMITS } from '../../../image/limits.ts'
import { malformed } from '../databases/database.ts'
import { ByteReader } from './byte-reader.ts'

const headerSize = 32
const frameHeader = 24
/** Sums are over words of either order, as the magic says. */
const magics: ReadonlyMap<number, 'little' | 'big'> = new Map<number, 'little' | 'big'>([
  [0x377f0682, 'little'],
  [0x377f0683, 'big'],
])

/**
 * An SQLite database as a reader sees it that has a write-ahead log beside it: pages of committed transactions take
 * the place of those in the file (https://sqlite.org/fileformat2.html §4). What follows a broken frame does not count,
 * as for SQLite.
 */
export function withWriteAhead(file: Buffer, wal: Buffer): Buffer {
  if (wal.length === 0) return file
  const log = new ByteReader(wal, 'big')
  const order = magics.get(log.u32(0))
  const pageSize = log.u32(8)
  if (order === undefined || pageSize < 512 || pageSize > 65_536)
    throw malformed('the log beside it is none of SQLite')
  const sums = new Sums(order)
  sums.add(wal.subarray(0, 24))
  if (!sums.are(log.u32(24), log.u32(28))) throw malformed('the log beside it is broken')
  const committed = committedPages(log, { pageSize, sums })
  const size = Math.max(file.length, ...[...committed.keys()].map((page) => page * pageSize))
  if (size > 2 * LIMITS.metadataBytes)
    throw malformed('it is too long with the log beside it', { got: `${size} bytes` })
  const whole = Buffer.alloc(size)
  file.copy(whole)
  for (const [page, content] of committed) content.copy(whole, (page - 1) * pageSize)
  return whole
}

/** The last committed content of each page in the log. */
function committedPages(
  log: ByteReader,
  { pageSize, sums }: { readonly pageSize: number; readonly sums: Sums },
): ReadonlyMap<number, Buffer> {
  const committed = new Map<number, Buffer>()
  const open = new Map<number, Buffer>()
  for (let at = headerSize; at + frameHeader + pageSize <= log.bytes.length; at += frameHeader + pageSize) {
    const page = log.u32(at)
    const content = log.slice(at + frameHeader, pageSize)
    sums.add(log.slice(at, 8))
    sums.add(content)
    const isOfLog = log.u32(at + 8) === log.u32(16) && log.u32(at + 12) === log.u32(20)
    if (page === 0 || !isOfLog || !sums.are(log.u32(at + 16), log.u32(at + 20))) break
    open.set(page, content)
    // The size of the database stands in the last frame of a transaction.
    if (log.u32(at + 4) === 0) continue
    for (const [number, last] of open) committed.set(number, last)
    open.clear()
  }
  return committed
}

/** The running sums by which a log shows that its frames are whole. */
class Sums {
  readonly #order: 'little' | 'big'
  #first = 0
  #second = 0

  constructor(order: 'little' | 'big') {
    this.#order = order
  }

  add(bytes: Buffer): void {
    const words = new ByteReader(bytes, this.#order)
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      this.#first = (this.#first + words.u32(at) + this.#second) >>> 0
      this.#second = (this.#second + words.u32(at + 4) + this.#first) >>> 0
    }
  }

  are(first: number, second: number): boolean {
    return this.#first === first && this.#second === second
  }
}

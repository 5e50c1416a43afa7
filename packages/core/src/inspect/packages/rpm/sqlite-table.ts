import { malformed } from '../databases/database.ts'
import { ByteReader } from './byte-reader.ts'

const pagesDeep = 32
const textEncodingUtf8 = 1

type SqlValue = Buffer | number | undefined

/**
 * Every row of one table of an SQLite database (https://sqlite.org/fileformat2.html): only what reading the package
 * table of rpm takes, and no page twice.
 */
export function* sqliteRows(file: Buffer, table: string): Generator<readonly SqlValue[]> {
  const database = new Database(file)
  for (const row of database.rows(1)) {
    const [type, name, , root] = row
    if (textOf(type) !== 'table' || textOf(name) !== table) continue
    if (typeof root !== 'number') throw malformed('the table has no root page')
    yield* database.rows(root)
    return
  }
  throw malformed(`there is no table ${table}`)
}

function textOf(value: SqlValue): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : ''
}

class Database {
  readonly #file: ByteReader
  readonly #pageSize: number
  readonly #usable: number
  readonly #seen = new Set<number>()

  constructor(file: Buffer) {
    if (file.toString('latin1', 0, 16) !== 'SQLite format 3\0') throw malformed('it is no SQLite database')
    this.#file = new ByteReader(file, 'big')
    const size = this.#file.u16(16)
    this.#pageSize = size === 1 ? 65_536 : size
    this.#usable = this.#pageSize - this.#file.u8(20)
    const isPower = (this.#pageSize & (this.#pageSize - 1)) === 0
    if (this.#pageSize < 512 || !isPower || this.#usable < 480)
      throw malformed('its pages have no possible size')
    if (this.#file.u32(56) !== textEncodingUtf8) throw malformed('its texts are not UTF-8')
  }

  /** The rows of the table whose tree begins at this page, in order. */
  *rows(root: number): Generator<readonly SqlValue[]> {
    // A stack of our own, deepest page last; each page is in it once.
    const open: { readonly page: number; readonly depth: number }[] = [{ page: root, depth: 0 }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.depth > pagesDeep) throw malformed('its pages are nested too deep')
      const page = this.#page(next.page)
      const header = next.page === 1 ? 100 : 0
      const kind = page.u8(header)
      const cells = page.u16(header + 3)
      if (kind === 13) yield* this.#leafRows(page, header, cells)
      else if (kind === 5) {
        const children = [page.u32(header + 8)]
        for (let cell = cells - 1; cell >= 0; cell--)
          children.push(page.u32(page.u16(header + 12 + 2 * cell)))
        for (const child of children) open.push({ page: child, depth: next.depth + 1 })
      } else throw malformed('a page of the table is of another kind', { got: String(kind) })
    }
  }

  *#leafRows(page: ByteReader, header: number, cells: number): Generator<readonly SqlValue[]> {
    for (let cell = 0; cell < cells; cell++) {
      const start = page.u16(header + 8 + 2 * cell)
      const [length, afterLength] = varint(page, start)
      const [, body] = varint(page, afterLength)
      yield recordOf(this.#payload(page, body, length))
    }
  }

  /** What does not fit into a page goes on in a chain of others (§1.6). */
  #payload(page: ByteReader, at: number, length: number): Buffer {
    const most = this.#usable - 35
    if (length <= most) return page.slice(at, length)
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23
    const fitting = least + ((length - least) % (this.#usable - 4))
    const local = fitting <= most ? fitting : least
    const parts = [page.slice(at, local)]
    let next = page.u32(at + local)
    for (let left = length - local; left > 0;) {
      const overflow = this.#page(next)
      next = overflow.u32(0)
      const part = overflow.slice(4, Math.min(left, this.#usable - 4))
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  #page(number: number): ByteReader {
    if (number < 1 || this.#seen.has(number)) throw malformed('a page is used twice', { got: String(number) })
    this.#seen.add(number)
    return new ByteReader(this.#file.slice((number - 1) * this.#pageSize, this.#pageSize), 'big')
  }
}

/** A number of one to nine bytes, seven bits each, and where it ends. */
function varint(bytes: ByteReader, start: number): readonly [number, number] {
  let value = 0
  for (let at = start; at < start + 8; at++) {
    const byte = bytes.u8(at)
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + 1]
  }
  return [value * 256 + bytes.u8(start + 8), start + 9]
}

/** The columns of one row (§2.1). */
function recordOf(payload: Buffer): readonly SqlValue[] {
  const bytes = new ByteReader(payload, 'big')
  const [headerEnd, first] = varint(bytes, 0)
  const values: SqlValue[] = []
  let body = headerEnd
  for (let at = first; at < headerEnd;) {
    const [type, next] = varint(bytes, at)
    const size = sizeOf(type)
    values.push(valueOf(bytes.slice(body, size), type))
    body += size
    at = next
  }
  return values
}

const integerSizes: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]

function sizeOf(type: number): number {
  return integerSizes[type] ?? Math.floor((type - 12) / 2)
}

function valueOf(bytes: Buffer, type: number): SqlValue {
  if (type >= 12) return bytes
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length)
  if (type === 6) return Number(bytes.readBigInt64BE(0))
  if (type === 8 || type === 9) return type - 8
  return undefined
}

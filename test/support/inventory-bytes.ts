import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32, deflateRawSync, deflateSync, zstdCompressSync } from 'node:zlib'

/** Bytes as the tools write them that put software into images. */

/** An ELF program with these sections, as linkers lay it out: contents, names, symbols, table. */
export function elfWithSections(
  sections: Readonly<Record<string, Uint8Array>>,
  symbols: Uint8Array = Buffer.alloc(0),
): Uint8Array {
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.set([2, 1, 1], 4)
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  const parts: Buffer[] = [header]
  const names = ['', ...Object.keys(sections), '.shstrtab']
  const places = [{ offset: 0, size: 0 }]
  const add = (content: Uint8Array): void => {
    const offset = parts.reduce((sum, part) => sum + part.length, 0)
    places.push({ offset, size: content.length })
    parts.push(Buffer.from(content), Buffer.alloc((16 - (content.length % 16)) % 16))
  }
  for (const content of Object.values(sections)) add(content)
  add(Buffer.from(`${names.join('\0')}\0`, 'latin1'))
  parts.push(Buffer.from(symbols))
  const table = Buffer.alloc(64 * places.length)
  let name = 0
  for (const [index, { offset, size }] of places.entries()) {
    table.writeUInt32LE(name, 64 * index)
    table.writeBigUInt64LE(BigInt(offset), 64 * index + 24)
    table.writeBigUInt64LE(BigInt(size), 64 * index + 32)
    name += (names[index] ?? '').length + 1
  }
  header.writeBigUInt64LE(BigInt(parts.reduce((sum, part) => sum + part.length, 0)), 40)
  header.writeUInt16LE(64, 58)
  header.writeUInt16LE(places.length, 60)
  header.writeUInt16LE(places.length - 1, 62)
  return Buffer.concat([...parts, table])
}

/** Go's build information (cmd/link): header, version, framed list of modules. */
export function goBuildInfo(version: string, modules: string): Uint8Array {
  const header = Buffer.alloc(32)
  header.write('\u00ff Go buildinf:', 'latin1')
  header.set([8, 2], 14)
  const framed = Buffer.concat([Buffer.alloc(16, 1), Buffer.from(modules), Buffer.alloc(16, 2)])
  return Buffer.concat([header, withLength(Buffer.from(version)), withLength(framed)])
}

function withLength(content: Buffer): Buffer {
  const length: number[] = []
  for (let left = content.length; ; left >>>= 7) {
    if (left < 0x80) return Buffer.concat([Buffer.from([...length, left]), content])
    length.push((left & 0x7f) | 0x80)
  }
}

/** The content of `.dep-v0`, as cargo-auditable writes it. */
export function crateList(packages: readonly unknown[]): Uint8Array {
  return deflateSync(JSON.stringify({ packages }))
}

/** A zip with these files, deflated. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    const packed = deflateRawSync(content)
    const sizes = Buffer.alloc(12)
    sizes.writeUInt32LE(crc32(content), 0)
    sizes.writeUInt32LE(packed.length, 4)
    sizes.writeUInt32LE(content.length, 8)
    const nameLength = Buffer.alloc(4)
    nameLength.writeUInt16LE(name.length)
    const fixed = Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, 0, 0])
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      fixed,
      sizes,
      nameLength,
      Buffer.from(name),
      packed,
    ])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02'),
        Buffer.from([20, 0]),
        fixed,
        sizes,
        nameLength,
        tail,
        Buffer.from(name),
      ]),
    )
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}

/** chisel's manifest: zstd over JSON lines, the first of which counts them. */
export function chiselWall(values: readonly unknown[], count: number = values.length + 1): Uint8Array {
  const lines = [{ jsonwall: '1.0', schema: '1.0', count }, ...values].map((value) => JSON.stringify(value))
  return zstdCompressSync(`${lines.join('\n')}\n`)
}

/** A value of a tag in an rpm header. */
export type RpmValue = string | readonly string[] | readonly number[]

/** The header of an installed package (rpm, lib/header.c): index, then data, big-endian. */
export function rpmHeaderBlob(tags: Readonly<Record<number, RpmValue>>): Uint8Array {
  const index: Buffer[] = []
  const data: Buffer[] = []
  let length = 0
  for (const [tag, value] of Object.entries(tags)) {
    const numbers = typeof value === 'object' && typeof value[0] === 'number'
    const padding = Buffer.alloc(numbers ? (4 - (length % 4)) % 4 : 0)
    const bytes = rpmBytes(value)
    const entry = Buffer.alloc(16)
    entry.writeUInt32BE(Number(tag), 0)
    entry.writeUInt32BE(numbers ? 4 : typeof value === 'string' ? 6 : 8, 4)
    entry.writeUInt32BE(length + padding.length, 8)
    entry.writeUInt32BE(typeof value === 'string' ? 1 : value.length, 12)
    index.push(entry)
    data.push(padding, bytes)
    length += padding.length + bytes.length
  }
  const intro = Buffer.alloc(8)
  intro.writeUInt32BE(index.length, 0)
  intro.writeUInt32BE(length, 4)
  return Buffer.concat([intro, ...index, ...data])
}

function rpmBytes(value: RpmValue): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`)
  return Buffer.concat(
    value.map((one: string | number) => {
      if (typeof one === 'string') return Buffer.from(`${one}\0`)
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(one)
      return bytes
    }),
  )
}

/** rpm's own database `Packages.db` (rpm, lib/backend/ndb/rpmpkg.c) with these headers. */
export function ndbDatabase(blobs: readonly Uint8Array[]): Uint8Array {
  const page = Buffer.alloc(4096)
  page.write('RpmP', 0, 'latin1')
  page.writeUInt32LE(1, 12)
  page.writeUInt32LE(blobs.length + 1, 16)
  for (let at = 32; at < page.length; at += 16) page.write('Slot', at, 'latin1')
  const parts = [page]
  let block = page.length / 16
  for (const [index, blob] of blobs.entries()) {
    const head = Buffer.alloc(16)
    head.write('BlbS', 'latin1')
    head.writeUInt32LE(index + 1, 4)
    head.writeUInt32LE(blob.length, 12)
    const content = Buffer.concat([head, blob, Buffer.alloc(12)])
    const padded = Buffer.concat([content, Buffer.alloc((16 - (content.length % 16)) % 16)])
    page.writeUInt32LE(index + 1, 32 + 16 * index + 4)
    page.writeUInt32LE(block, 32 + 16 * index + 8)
    page.writeUInt32LE(padded.length / 16, 32 + 16 * index + 12)
    parts.push(padded)
    block += padded.length / 16
  }
  return Buffer.concat(parts)
}

/** The tables of `rpmdb.sqlite` that are read, written by SQLite itself. */
export function sqliteDatabase(blobs: readonly Uint8Array[]): Uint8Array {
  return sqliteWithLog(blobs, []).database
}

/** The same, and the write-ahead log beside it with what was added later. */
export function sqliteWithLog(
  blobs: readonly Uint8Array[],
  later: readonly Uint8Array[],
): { readonly database: Uint8Array; readonly log: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-sqlite-'))
  const path = join(folder, 'rpmdb.sqlite')
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode=WAL')
    database.exec('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)')
    database.exec('CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL)')
    insertAll(database, blobs)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    insertAll(database, later)
    return { database: readFileSync(path), log: readFileSync(`${path}-wal`) }
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
}

function insertAll(database: DatabaseSync, blobs: readonly Uint8Array[]): void {
  const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)')
  database.exec('BEGIN')
  for (const blob of blobs) insert.run(blob)
  database.exec('COMMIT')
}

/** A hash database of Berkeley DB with these values, each in pages of its own. */
export function berkeleyDatabase(values: readonly Uint8Array[]): Uint8Array {
  const size = 512
  const pages: Buffer[] = [Buffer.alloc(size), Buffer.alloc(size)]
  const [meta, hash] = pages
  let top = size
  for (const [index, value] of values.entries()) {
    const first = pages.length
    pages.push(...overflowPages(value, { size, first }))
    const item = Buffer.alloc(12)
    item[0] = 3
    item.writeUInt32LE(first, 4)
    item.writeUInt32LE(value.length, 8)
    top -= 5
    hash?.set([1, index + 1, 0, 0, 0], top)
    hash?.writeUInt16LE(top, 26 + 4 * index)
    top -= item.length
    hash?.set(item, top)
    hash?.writeUInt16LE(top, 26 + 4 * index + 2)
  }
  hash?.writeUInt16LE(2 * values.length, 20)
  hash?.writeUInt8(13, 25)
  meta?.writeUInt32LE(0x061561, 12)
  meta?.writeUInt32LE(size, 20)
  meta?.writeUInt32LE(pages.length - 1, 32)
  return Buffer.concat(pages)
}

/** The chain of pages that holds one long value. */
function overflowPages(
  value: Uint8Array,
  { size, first }: { readonly size: number; readonly first: number },
): readonly Buffer[] {
  const room = size - 26
  return Array.from({ length: Math.ceil(value.length / room) }, (_, index) => {
    const page = Buffer.alloc(size)
    const part = value.subarray(index * room, (index + 1) * room)
    if ((index + 1) * room < value.length) page.writeUInt32LE(first + index + 1, 16)
    page.writeUInt16LE(part.length, 22)
    page[25] = 7
    page.set(part, 26)
    return page
  })
}

import { inflateRawSync } from 'node:zlib'
import { LIMITS } from '../../../image/limits.ts'

/** One file of a zip, as its central directory lists it (APPNOTE.TXT §4.3.12). */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly compressedSize: number
  readonly size: number
  readonly headerOffset: number
}

/** The files of a zip; undefined where the bytes are none that can be read. Multi-part and zip64 archives are not. */
export function zipEntries(zip: Buffer): readonly ZipEntry[] | undefined {
  const end = endRecord(zip)
  if (end < 0) return undefined
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  // Bytes before the archive (a self-starting jar) shift everything.
  const shift = end - zip.readUInt32LE(end + 12) - at
  if (count === 0xffff || count > LIMITS.javaEntries || shift < 0) return undefined
  at += shift
  const entries: ZipEntry[] = []
  for (let index = 0; index < count; index++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== 0x02014b50) return undefined
    const nameLength = zip.readUInt16LE(at + 28)
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      headerOffset: zip.readUInt32LE(at + 42) + shift,
    })
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return entries
}

/** The last end-of-directory record; a comment of up to 65 535 bytes may follow it. */
function endRecord(zip: Buffer): number {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 65_557); at--)
    if (zip.readUInt32LE(at) === 0x06054b50) return at
  return -1
}

/** The content of a file in a zip; undefined where it is broken or larger than `limit` bytes. */
export function zipContent(zip: Buffer, entry: ZipEntry, limit: number): Buffer | undefined {
  const at = entry.headerOffset
  if (entry.size > limit || at + 30 > zip.length || zip.readUInt32LE(at) !== 0x04034b50) return undefined
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28)
  const bytes = zip.subarray(start, start + entry.compressedSize)
  if (bytes.length !== entry.compressedSize) return undefined
  if (entry.method === 0) return bytes
  return entry.method === 8 ? inflated(bytes, limit) : undefined
}

function inflated(bytes: Buffer, limit: number): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, limit) })
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

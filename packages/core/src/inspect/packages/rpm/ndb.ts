import { malformed } from '../databases/database.ts'
import { ByteReader } from './byte-reader.ts'

const word = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE(0)
const blockSize = 16
const slotSize = 16
const pageSize = 4096

/**
 * The header blobs of rpm's own database `Packages.db` (rpm, lib/backend/ndb/rpmpkg.c): slots that say where each
 * package lies, then the packages.
 */
export function* ndbBlobs(file: Buffer): Generator<Buffer> {
  const bytes = new ByteReader(file, 'little')
  if (bytes.u32(0) !== word('RpmP') || bytes.u32(4) !== 0) throw malformed('it is no package database of rpm')
  const end = bytes.u32(12) * pageSize
  if (end > file.length) throw malformed('it is cut off')
  for (let at = 2 * slotSize; at < end; at += slotSize) {
    if (bytes.u32(at) !== word('Slot')) throw malformed('a slot is none')
    const [package_, offset, blocks] = [bytes.u32(at + 4), bytes.u32(at + 8), bytes.u32(at + 12)]
    if (offset === 0) continue
    yield blobAt(new ByteReader(bytes.slice(offset * blockSize, blocks * blockSize), 'little'), package_)
  }
}

function blobAt(bytes: ByteReader, package_: number): Buffer {
  if (bytes.u32(0) !== word('BlbS') || bytes.u32(4) !== package_)
    throw malformed('a package is not where its slot says')
  return bytes.slice(16, bytes.u32(12))
}

import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { RegistryError } from '../../errors.ts'
import { extendedBy, isExtensionType, type TarExtension } from './tar-extension.ts'

/** Where a file of an archive lies. */
export interface TarFile {
  readonly offset: number
  readonly size: number
}

const block = 512
const maxEntries = 100_000
/** Far above every file system's limit for a layer, and far below the numbers that lose precision. */
const maxFile = 2 ** 45
const maxExtension = 1024 * 1024
const maxLinks = 8

/**
 * The regular files of a tar archive by their names, links within it resolved. Only headers are read. A name that
 * stands twice is refused: two readers could take two different files for it.
 * @throws RegistryError MALFORMED_CONTENT, LIMIT_EXCEEDED, UNSUPPORTED
 */
export async function indexTar(file: FileHandle, on: string): Promise<ReadonlyMap<string, TarFile>> {
  const entries = new Map<string, Entry>()
  for await (const entry of readEntries(file, on)) {
    if (entries.size === maxEntries) {
      throw new RegistryError('LIMIT_EXCEEDED', 'the archive has too many entries', {
        on,
        expected: `at most ${maxEntries}`,
      })
    }
    if (entries.has(entry.name)) throw malformed(on, `it holds ${JSON.stringify(entry.name)} twice`)
    entries.set(entry.name, entry)
  }
  const files = new Map<string, TarFile>()
  for (const name of entries.keys()) {
    const found = follow(entries, name)
    if (found !== undefined) files.set(name, found)
  }
  return files
}

interface Entry extends TarFile {
  readonly name: string
  /** Another name in the archive, for links. */
  readonly target?: string
}

function follow(entries: ReadonlyMap<string, Entry>, name: string): TarFile | undefined {
  let entry = entries.get(name)
  for (let links = 0; entry?.target !== undefined && links < maxLinks; links += 1)
    entry = entries.get(entry.target)
  return entry === undefined || entry.target !== undefined
    ? undefined
    : { offset: entry.offset, size: entry.size }
}

async function* readEntries(file: FileHandle, on: string): AsyncGenerator<Entry, void, undefined> {
  let extension: TarExtension = {}
  for (let at = 0; ;) {
    const header = await readAt(file, { offset: at, size: block }, on)
    if (at === 0) refuseCompressed(header, on)
    if (header.every((byte) => byte === 0)) return
    checkSum(header, on)
    const place = { offset: at + block, size: extension.size ?? numberAt(header, 124, 12) }
    // One that reaches beyond the end of the archive is found out by the next header, which is not there.
    if (!(place.size <= maxFile)) throw malformed(on, 'an entry has no size')
    at = place.offset + Math.ceil(place.size / block) * block
    const type = String.fromCharCode(header[156] ?? 0)
    if (isExtensionType(type)) {
      if (place.size > maxExtension) throw malformed(on, 'an extended header is too large')
      extension = extendedBy(extension, { type, bytes: await readAt(file, place, on) }, on)
    } else if (type !== 'g') {
      const entry = entryOf(header, { type, extension, ...place }, on)
      extension = {}
      if (entry !== undefined) yield entry
    }
  }
}

function entryOf(
  header: Buffer,
  { type, extension, offset, size }: { readonly type: string; readonly extension: TarExtension } & TarFile,
  on: string,
): Entry | undefined {
  const name = posix.normalize(extension.path ?? nameAt(header)).replace(/^\/+/, '')
  if (type === '0' || type === '\0' || type === '7') return { name, offset, size }
  const linkPath = extension.linkPath ?? textAt(header, 157, 100)
  if (type === '1') return { name, offset, size: 0, target: posix.normalize(linkPath) }
  if (type === '2') return { name, offset, size: 0, target: posix.join(posix.dirname(name), linkPath) }
  if (type === '5') return undefined
  throw malformed(on, `it holds an entry of the type ${JSON.stringify(type)}`)
}

function nameAt(header: Buffer): string {
  const name = textAt(header, 0, 100)
  const isPosix = header.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isPosix ? textAt(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function textAt(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

/** Octal digits, or GNU's binary form for what does not fit. */
function numberAt(header: Buffer, start: number, length: number): number {
  if ((header[start] ?? 0) === 0x80) return header.readUIntBE(start + length - 6, 6)
  const text = header
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trimStart()
  return /^[0-7]*$/.test(text) ? Number.parseInt(text === '' ? '0' : text, 8) : Number.NaN
}

function checkSum(header: Buffer, on: string): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  if (sum !== numberAt(header, 148, 8)) throw malformed(on, 'a header does not have its checksum')
}

function refuseCompressed(header: Buffer, on: string): void {
  const isCompressed = header.readUInt16BE(0) === 0x1f8b || header.readUInt32BE(0) === 0x28b52ffd
  if (!isCompressed) return
  throw new RegistryError('UNSUPPORTED', 'the archive is compressed', {
    on,
    hint: 'decompress it first: gunzip FILE',
  })
}

async function readAt(file: FileHandle, { offset, size }: TarFile, on: string): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, offset)
  if (bytesRead !== size) throw malformed(on, 'it ends early')
  return buffer
}

function malformed(on: string, got: string): RegistryError {
  return new RegistryError('MALFORMED_CONTENT', 'this is not a tar archive that we can read', { on, got })
}

import { once } from 'node:events'
import { pack, type Header } from 'tar-stream'

/** One thing in a layer, in the order in which it shall stand in the tar. */
export type TarEntry =
  | FileEntry
  | ({ readonly kind: 'directory' } & EntryAttributes)
  | ({ readonly kind: 'symlink' | 'hardlink'; readonly target: string } & EntryAttributes)
  | ({ readonly kind: 'device'; readonly major: number; readonly minor: number } & EntryAttributes)
  | ({ readonly kind: 'fifo' } & EntryAttributes)
  /** Bytes put into the tar as they are; a multiple of 512 keeps the rest readable. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }

export type FileEntry = { readonly kind: 'file'; readonly content: string | Uint8Array } & EntryAttributes

export interface EntryAttributes {
  readonly path: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Written as PAX `SCHILY.xattr.*` records, byte for byte. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
}

/** Header fields of `tarHeader`; numbers are octal unless given as the field's bytes. */
export interface RawHeader {
  readonly name: string
  readonly type: string
  readonly size?: number | Uint8Array
  readonly mode?: number
  readonly link?: string
  readonly prefix?: string
  /** The 8 bytes of magic and version. */
  readonly magic?: 'ustar' | 'gnu' | 'v7'
  readonly deviceMajor?: number
  readonly deviceMinor?: number
}

export const endOfArchive: Uint8Array = new Uint8Array(1024)

/** The bytes of a tar with these entries and the end-of-archive blocks. Ordinary entries are written by tar-stream. */
export async function tarBytes(entries: readonly TarEntry[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    if (entry.kind === 'raw') parts.push(entry.bytes)
    else parts.push(...xattrRecords(entry), await packed(entry))
  }
  return Buffer.concat([...parts, endOfArchive])
}

/** One 512-byte header with a right checksum, fields as asked, however odd. */
export function tarHeader(header: RawHeader): Uint8Array {
  const block = Buffer.alloc(512)
  block.write(header.name, 0, 100, 'latin1')
  block.write(octal(header.mode ?? 0o644, 8), 100, 'latin1')
  block.write(octal(0, 8), 108, 'latin1')
  block.write(octal(0, 8), 116, 'latin1')
  if (typeof header.size === 'object') block.set(header.size, 124)
  else block.write(octal(header.size ?? 0, 12), 124, 'latin1')
  block.write(octal(0, 12), 136, 'latin1')
  block.write(header.type, 156, 1, 'latin1')
  block.write(header.link ?? '', 157, 100, 'latin1')
  block.write(magicBytes[header.magic ?? 'ustar'], 257, 'latin1')
  if (header.magic !== 'v7') {
    block.write(octal(header.deviceMajor ?? 0, 8), 329, 'latin1')
    block.write(octal(header.deviceMinor ?? 0, 8), 337, 'latin1')
  }
  block.write(header.prefix ?? '', 345, 155, 'latin1')
  return withChecksum(block)
}

/** Writes the checksum of a header block into it. */
export function withChecksum(block: Buffer): Buffer {
  block.write('        ', 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** Content padded to whole blocks. */
export function padded(content: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(content)
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** A PAX extended header (`x`, or `g` for a global one) with its records, ready to put before an entry. */
export function paxHeader(
  records: Readonly<Record<string, string | Uint8Array>>,
  type: 'x' | 'g' = 'x',
): Uint8Array {
  const content = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)))
  return Buffer.concat([
    tarHeader({ name: type === 'g' ? 'pax_global_header' : 'PaxHeaders/0', type, size: content.length }),
    padded(content),
  ])
}

/** `"<length> <key>=<value>\n"`, where the length counts itself. */
export function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** A GNU long name (`L`) or long link (`K`) header with its text. */
export function gnuLong(type: 'L' | 'K', text: string): Uint8Array {
  const content = Buffer.from(`${text}\0`, 'latin1')
  const header = tarHeader({ name: '././@LongLink', type, size: content.length, magic: 'gnu' })
  return Buffer.concat([header, padded(content)])
}

const magicBytes = { ustar: 'ustar\x0000', gnu: 'ustar  \0', v7: '\0\0\0\0\0\0\0\0' } as const

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`
}

function xattrRecords(entry: EntryAttributes): readonly Uint8Array[] {
  if (entry.xattrs === undefined) return []
  const records = Object.entries(entry.xattrs).map(([key, value]) => [`SCHILY.xattr.${key}`, value] as const)
  return [paxHeader(Object.fromEntries(records))]
}

type Packable = Exclude<TarEntry, { readonly kind: 'raw' }>

async function packed(entry: Packable): Promise<Uint8Array> {
  const stream = pack()
  const chunks: Uint8Array[] = []
  stream.on('data', (chunk) => {
    if (chunk instanceof Uint8Array) chunks.push(chunk)
  })
  const ended = once(stream, 'end')
  if (entry.kind === 'file') stream.entry(headersOf(entry), Buffer.from(entry.content))
  else stream.entry(headersOf(entry))
  stream.finalize()
  await ended
  return Buffer.concat(chunks).subarray(0, -endOfArchive.length)
}

const typeNames = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  hardlink: 'link',
  device: 'character-device',
  fifo: 'fifo',
} as const

function headersOf(entry: Packable): Partial<Header> & { readonly name: string } {
  return {
    name: entry.path,
    type: typeNames[entry.kind],
    mode: entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644),
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: new Date(0),
    ...('content' in entry ? { size: Buffer.byteLength(entry.content) } : {}),
    ...('target' in entry ? { linkname: entry.target } : {}),
    ...('major' in entry ? { devmajor: entry.major, devminor: entry.minor } : {}),
  }
}

import { entryTypeOf, hasContent, type EntryType } from './entry-type.ts'
import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { checkPaxNumbers, type PaxRecords } from './pax.ts'
import { ambiguitiesOf, type Ambiguity, type Extensions } from './tar-ambiguity.ts'
import type { TarBlock } from './tar-block.ts'
import { parseDecimal } from './tar-number.ts'

/** One entry as Go's archive/tar reads it, before any path is cleaned. Texts have one character per byte. */
export interface TarEntry {
  readonly path: string
  readonly linkTarget: string
  readonly type: EntryType
  /** Bytes of content once sparse holes are filled; 0 for what has no content. */
  readonly size: number
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** File capabilities and what overlay reads, from `SCHILY.xattr.*` records, by name; byte strings. */
  readonly xattrs: ReadonlyMap<string, string> | undefined
  /** Where its header block starts in the uncompressed layer. */
  readonly offset: number
  readonly ambiguities: readonly Ambiguity[]
}

/** A header block with its extensions applied: the entry, and how many bytes of content follow in the tar. */
export interface MergedHeader {
  readonly entry: TarEntry
  readonly storedSize: number
}

/**
 * Applies extended headers to a header block in the order of Go's archive/tar: PAX over the block, GNU long names
 * over PAX.
 * @throws LayerError MALFORMED_TAR
 */
export function mergeHeader(block: TarBlock, extensions: Extensions, offset: number): MergedHeader {
  const pax = extensions.pax ?? noRecords
  if (pax !== noRecords) checkPaxNumbers(pax)
  // An empty value keeps what the header says.
  const path = extensions.longName || pax.get('path') || block.name
  const type = entryTypeOf(block.typeFlag, path)
  const size = checkedSize(numberOf(pax, 'size', block.size), type)
  const storedSize = hasContent(type) ? size : 0
  const entry: TarEntry = {
    path,
    linkTarget: extensions.longLink || pax.get('linkpath') || block.linkName,
    type,
    size: storedSize,
    mode: block.mode & 0o7777,
    uid: numberOf(pax, 'uid', block.uid),
    gid: numberOf(pax, 'gid', block.gid),
    deviceMajor: block.deviceMajor,
    deviceMinor: block.deviceMinor,
    xattrs: pax === noRecords ? undefined : xattrsOf(pax),
    offset,
    ambiguities: ambiguitiesOf(block, extensions, { path, type, size }),
  }
  return { entry, storedSize }
}

const noRecords: PaxRecords = new Map()

function numberOf(pax: PaxRecords, key: string, fallback: number): number {
  const text = pax.get(key)
  return text === undefined || text === '' ? fallback : parseDecimal(text)
}

function checkedSize(size: number, type: EntryType): number {
  if (size < 0 && hasContent(type)) throw new LayerError('MALFORMED_TAR', 'an entry has a negative size')
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new LayerError('LIMIT_EXCEEDED', 'an entry says that it is larger than 2^53 bytes')
  }
  return size
}

const xattrPrefix = 'SCHILY.xattr.'
/** The attributes that checks look at; images have others of any number and length. */
export const keptXattrName: RegExp = /^(?:security\.capability$|(?:trusted|user)\.overlay\.)/

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, string> | undefined {
  let found: Map<string, string> | undefined
  let bytes = 0
  for (const [key, value] of pax) {
    const name = key.startsWith(xattrPrefix) ? key.slice(xattrPrefix.length) : ''
    if (!keptXattrName.test(name) || value === '') continue
    bytes += key.length + value.length
    if (bytes > LIMITS.xattrBytes) {
      throw limitExceeded('bytes of extended attributes', LIMITS.xattrBytes, `more than ${LIMITS.xattrBytes}`)
    }
    found ??= new Map()
    // Copies: a part of the header's text would keep all of it in memory.
    found.set(copied(name), copied(value))
  }
  return found
}

function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

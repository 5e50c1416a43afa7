import {
  isJsonArray,
  isJsonObject,
  parseStrictJson,
  RegistryError,
  type JsonObject,
  type JsonValue,
} from '@assay/registry'
import { LIMITS } from '../limits.ts'

/** One entry of a table of contents: the same form in eStargz and zstd:chunked. Texts have one character per byte. */
export interface TocEntry {
  readonly type: string
  readonly name: string
  readonly linkName: string
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly devMajor: number
  readonly devMinor: number
  /** Values as byte strings. */
  readonly xattrs: ReadonlyMap<string, string>
  readonly digest: string
  readonly chunkOffset: number
  /** 0: to the end of the file. */
  readonly chunkSize: number
  readonly chunkDigest: string
}

/** Why a table of contents cannot be read. */
export class TocError extends Error {}

/** Reads a table of contents. @throws TocError */
export function parseToc(bytes: Uint8Array): readonly TocEntry[] {
  const document = jsonOf(bytes)
  const entries = isJsonObject(document) ? document['entries'] : undefined
  if (!isJsonArray(entries)) throw new TocError('it has no list of entries')
  return entries.map((entry) => {
    if (!isJsonObject(entry)) throw new TocError('an entry is no object')
    return entryOf(entry)
  })
}

function jsonOf(bytes: Uint8Array): JsonValue {
  try {
    return parseStrictJson(bytes, { on: 'the table of contents', maxValues: LIMITS.tocValues })
  } catch (error) {
    if (error instanceof RegistryError) throw new TocError(error.message)
    throw error
  }
}

function entryOf(entry: JsonObject): TocEntry {
  return {
    type: textIn(entry, 'type'),
    name: textIn(entry, 'name'),
    linkName: textIn(entry, 'linkName'),
    size: numberIn(entry, 'size'),
    mode: numberIn(entry, 'mode'),
    uid: numberIn(entry, 'uid'),
    gid: numberIn(entry, 'gid'),
    devMajor: numberIn(entry, 'devMajor'),
    devMinor: numberIn(entry, 'devMinor'),
    xattrs: xattrsIn(entry),
    digest: textIn(entry, 'digest'),
    chunkOffset: numberIn(entry, 'chunkOffset'),
    chunkSize: numberIn(entry, 'chunkSize'),
    chunkDigest: textIn(entry, 'chunkDigest'),
  }
}

function textIn(entry: JsonObject, key: string): string {
  const value = entry[key] ?? ''
  if (typeof value !== 'string') throw new TocError(`"${key}" of an entry is no text`)
  return Buffer.from(value, 'utf8').toString('latin1')
}

function numberIn(entry: JsonObject, key: string): number {
  const value = entry[key] ?? 0
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new TocError(`"${key}" of an entry is no whole number`)
  return value
}

function xattrsIn(entry: JsonObject): ReadonlyMap<string, string> {
  const value = entry['xattrs'] ?? {}
  if (!isJsonObject(value)) throw new TocError('"xattrs" of an entry is no object')
  return new Map(
    Object.entries(value).map(([key, encoded]) => {
      if (typeof encoded !== 'string') throw new TocError('an attribute of an entry is no text')
      return [Buffer.from(key, 'utf8').toString('latin1'), Buffer.from(encoded, 'base64').toString('latin1')]
    }),
  )
}

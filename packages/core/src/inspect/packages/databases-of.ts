import type { LayerEntry } from '../../image/layer.ts'
import { LIMITS } from '../../image/limits.ts'
import { entryAt, isPresent, type InspectedImage } from '../inspected-image.ts'
import {
  DatabaseError,
  malformed,
  type Beside,
  type DatabaseContent,
  type FileClaim,
  type PackageRecord,
} from './databases/database.ts'
import { databaseReaderOf } from './database-kinds.ts'

/** A package that a database which the container sees lists. */
export interface ListedPackage {
  readonly record: PackageRecord
  /** The database. */
  readonly entry: LayerEntry
  /** The lowest layer whose version of the database has it. */
  readonly layer: number
}

/** A package database that does not tell what is installed. */
export interface UnreadDatabase {
  readonly entry: LayerEntry
  /** Why, in one line with its code. */
  readonly reason: string
}

export interface Databases {
  readonly packages: readonly ListedPackage[]
  readonly files: readonly FileClaim[]
  readonly unread: readonly UnreadDatabase[]
}

/** By the file system: images that differ in what was hashed later have the same databases. */
const cache = new WeakMap<object, Databases>()

/** Everything that the package databases of an image say. */
export function databasesOf(inspected: InspectedImage): Databases {
  const known = cache.get(inspected.rootfs)
  if (known !== undefined) return known
  const databases = readAll(inspected)
  cache.set(inspected.rootfs, databases)
  return databases
}

function readAll(inspected: InspectedImage): Databases {
  const first = new Map<string, number>()
  const packages: Omit<ListedPackage, 'layer'>[] = []
  const files: FileClaim[] = []
  const unread: UnreadDatabase[] = []
  for (const { entries } of inspected.layers) {
    for (const entry of entries) {
      const read = readEntry(inspected, entry)
      if (read === undefined) continue
      for (const record of read.content.packages)
        if (!first.has(keyOf(record))) first.set(keyOf(record), entry.layer)
      if (!isPresent(inspected, entry)) continue
      for (const record of read.content.packages) packages.push({ record, entry })
      for (const file of read.content.files) if (files.length < LIMITS.listedFiles) files.push(file)
      const reason =
        files.length < LIMITS.listedFiles ? read.reason : 'the image lists too many files [LIMIT_EXCEEDED]'
      if (reason !== undefined) unread.push({ entry, reason })
    }
  }
  return {
    packages: packages.map((listed) => ({
      ...listed,
      layer: first.get(keyOf(listed.record)) ?? listed.entry.layer,
    })),
    files,
    unread,
  }
}

interface ReadDatabase {
  readonly content: DatabaseContent
  readonly reason?: string
}

const nothing: DatabaseContent = { packages: [], files: [] }

function readEntry(inspected: InspectedImage, { path, facts }: LayerEntry): ReadDatabase | undefined {
  if (facts?.metadata === undefined) return undefined
  const reader = databaseReaderOf(path)
  if (reader === undefined) return undefined
  if (facts.cutShort === true) return { content: nothing, reason: 'it is too long [LIMIT_EXCEEDED]' }
  try {
    return { content: reader(facts.metadata, path, besideIn(inspected, path)) }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { content: nothing, reason: reasonOf(error) }
  }
}

/** What the container has beside a database; a part of it is none. */
function besideIn(inspected: InspectedImage, path: string): Beside {
  return (suffix) => {
    const facts = entryAt(inspected, `${path}${suffix}`)?.facts
    if (facts?.cutShort === true) throw malformed('the log beside it is too long')
    return facts?.metadata
  }
}

function reasonOf({ message, expected, got, code }: DatabaseError): string {
  const details = [
    expected === undefined ? [] : [`expected ${expected}`],
    got === undefined ? [] : [`got ${got}`],
  ].flat()
  return `${message}${details.length === 0 ? '' : ` (${details.join(', ')})`} [${code}]`
}

function keyOf({ ecosystem, name, version, architecture }: PackageRecord): string {
  return `${ecosystem} ${name} ${version} ${architecture}`
}

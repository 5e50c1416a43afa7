import { cleanPath } from '../../../image/layer-path.ts'
import { LIMITS } from '../../../image/limits.ts'
import {
  isHexDigest,
  malformed,
  type DatabaseContent,
  type DigestAlgorithm,
  type FileClaim,
  type PackageRecord,
} from '../databases/database.ts'
import { ByteReader } from './byte-reader.ts'

/** Tags of a header that we read (rpm, include/rpm/rpmtag.h). */
const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  license: 1014,
  architecture: 1022,
  fileModes: 1030,
  fileDigests: 1035,
  fileFlags: 1037,
  sourceRpm: 1044,
  verifyFlags: 1045,
  folderIndexes: 1116,
  baseNames: 1117,
  folders: 1118,
  digestAlgorithm: 5011,
} as const

const types = { int16: 3, int32: 4, string: 6, stringArray: 8, i18nString: 9 } as const
const fileFlags = { configuration: 1, ghost: 64 } as const
/** The bit of a file's verify flags by which rpm compares its digest at all. */
const verifiesDigest = 1
const indexSize = 16
const tagsAtMost = 65_536

/** By the numbers of OpenPGP (RFC 9580 §9.5), as rpm uses them. */
const algorithms: ReadonlyMap<number, DigestAlgorithm> = new Map<number, DigestAlgorithm>([
  [1, 'md5'],
  [2, 'sha1'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
])

/** One installed package: the header that rpm keeps of it, its files with their digests. */
export function rpmHeader(blob: Buffer): DatabaseContent {
  const header = new Header(blob)
  const record = recordOf(header)
  // Keys that rpm imported are kept as packages without files.
  return record.name === 'gpg-pubkey'
    ? { packages: [], files: [] }
    : { packages: [record], files: claimsOf(header, record.name) }
}

function recordOf(header: Header): PackageRecord {
  const [name, version, release] = [
    header.text(tags.name),
    header.text(tags.version),
    header.text(tags.release),
  ]
  if (name === undefined || version === undefined || release === undefined)
    throw malformed('a package has no name, version or release')
  const [epoch] = header.numbers(tags.epoch)
  const [license, source] = [header.text(tags.license), header.text(tags.sourceRpm)]
  return {
    ecosystem: 'rpm',
    name,
    version: `${epoch === undefined || epoch === 0 ? '' : `${epoch}:`}${version}-${release}`,
    architecture: header.text(tags.architecture) ?? '',
    ...(license === undefined || license === '' ? {} : { license }),
    ...(source === undefined || source === '' ? {} : { source }),
  }
}

function claimsOf(header: Header, name: string): readonly FileClaim[] {
  const [names, folders] = [header.texts(tags.baseNames), header.texts(tags.folders)]
  const [indexes, flags, digests] = [
    header.numbers(tags.folderIndexes),
    header.numbers(tags.fileFlags),
    header.texts(tags.fileDigests),
  ]
  if (indexes.length !== names.length || (digests.length > 0 && digests.length !== names.length))
    throw malformed('the lists of files differ in length', { got: name })
  const number = header.numbers(tags.digestAlgorithm)[0] ?? 1
  const verify = header.numbers(tags.verifyFlags)
  return names.flatMap((base, index): readonly FileClaim[] => {
    const digest = digests[index] ?? ''
    const flag = flags[index] ?? 0
    // Folders and links have none; ghosts are files that are not in the package.
    if (digest === '' || (flag & fileFlags.ghost) !== 0) return []
    const algorithm = algorithms.get(number)
    const folder = folders[indexes[index] ?? -1]
    if (algorithm === undefined || folder === undefined || !isHexDigest(algorithm, digest))
      throw malformed('a file has no digest that is known, or no folder', { got: base })
    return [
      {
        path: cleanPath(`${folder}${base}`),
        package: name,
        algorithm,
        digest,
        ...(isMeantToChange(flag, verify[index]) ? { configuration: true } : {}),
      },
    ]
  })
}

/** Configuration, and what the package says that `rpm --verify` shall not compare. */
function isMeantToChange(flag: number, verify: number = verifiesDigest): boolean {
  return (flag & fileFlags.configuration) !== 0 || (verify & verifiesDigest) === 0
}

interface Entry {
  readonly type: number
  readonly offset: number
  readonly count: number
}

/** An index of tags, and the data that it points into (rpm, lib/header.c); numbers are big-endian. */
class Header {
  readonly #data: ByteReader
  readonly #entries = new Map<number, Entry>()

  constructor(blob: Buffer) {
    const bytes = new ByteReader(blob, 'big')
    const [count, size] = [bytes.u32(0), bytes.u32(4)]
    if (count > tagsAtMost) throw malformed('a header has too many tags', { got: String(count) })
    this.#data = bytes.part(8 + count * indexSize, size)
    for (let index = 0; index < count; index++) {
      const at = 8 + index * indexSize
      // Later entries were added to what the package's signature is about; the first is the package's own.
      const tag = bytes.u32(at)
      if (!this.#entries.has(tag))
        this.#entries.set(tag, {
          type: bytes.u32(at + 4),
          offset: bytes.u32(at + 8),
          count: bytes.u32(at + 12),
        })
    }
  }

  text(tag: number): string | undefined {
    const entry = this.#entries.get(tag)
    if (entry === undefined) return undefined
    if (entry.type !== types.string && entry.type !== types.i18nString)
      throw malformed('a tag is no text', { got: String(tag) })
    return this.#strings(entry.offset, 1)[0]
  }

  /** Texts have one character per byte: they are paths. */
  texts(tag: number): readonly string[] {
    const entry = this.#entries.get(tag)
    if (entry === undefined) return []
    if (entry.type !== types.stringArray) throw malformed('a tag is no list of texts', { got: String(tag) })
    return this.#strings(entry.offset, entry.count)
  }

  numbers(tag: number): readonly number[] {
    const entry = this.#entries.get(tag)
    if (entry === undefined) return []
    const { type, offset, count } = entry
    if (type !== types.int32) throw malformed('a tag is no list of numbers', { got: String(tag) })
    this.#data.slice(offset, count * 4)
    return Array.from({ length: count }, (_, index) => this.#data.u32(offset + 4 * index))
  }

  #strings(offset: number, count: number): readonly string[] {
    if (count > LIMITS.listedFiles) throw malformed('a tag has too many texts', { got: String(count) })
    const { bytes } = this.#data
    const texts: string[] = []
    let at = offset
    for (let index = 0; index < count; index++) {
      const end = bytes.indexOf(0, at)
      if (end < 0 || at > bytes.length) throw malformed('a text has no end')
      texts.push(bytes.toString('latin1', at, end))
      at = end + 1
    }
    return texts
  }
}

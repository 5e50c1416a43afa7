import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { parseDecimal } from './tar-number.ts'

/** PAX records of one extended header, the last of each key. Keys and values have one character per byte. */
export type PaxRecords = ReadonlyMap<string, string>

/**
 * Reads the content of an extended header as Go's archive/tar does (`parsePAX`). Records of the sparse format 0.0
 * are folded into one `GNU.sparse.map`.
 * @throws LayerError MALFORMED_TAR, LIMIT_EXCEEDED
 */
export function parsePax(content: Buffer): PaxRecords {
  const records = new Map<string, string>()
  const sparse: string[] = []
  let at = 0
  let count = 0
  while (at < content.length) {
    const record = recordAt(content, at)
    count += 1
    if (count > LIMITS.paxRecords) {
      throw limitExceeded(
        'records of an extended header',
        LIMITS.paxRecords,
        `more than ${LIMITS.paxRecords}`,
      )
    }
    at = record.end
    if (record.key === 'GNU.sparse.offset' || record.key === 'GNU.sparse.numbytes') {
      const expected = sparse.length % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes'
      if (record.key !== expected || record.value.includes(','))
        throw malformed('sparse records out of order')
      sparse.push(record.value)
    } else {
      records.set(record.key, record.value)
    }
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','))
  return records
}

/** Refuses records whose numbers and times Go would refuse, although we do not report them. */
export function checkPaxNumbers(records: PaxRecords): void {
  for (const key of ['uid', 'gid', 'size']) {
    const value = records.get(key)
    if (value !== undefined && value !== '') parseDecimal(value)
  }
  for (const key of ['atime', 'ctime', 'mtime']) {
    const value = records.get(key)
    if (value === undefined || value === '') continue
    const dot = value.indexOf('.')
    parseDecimal(dot < 0 ? value : value.slice(0, dot))
    if (dot >= 0 && !/^[0-9]*$/.test(value.slice(dot + 1))) throw malformed('a time is not a number')
  }
}

interface PaxRecord {
  readonly key: string
  readonly value: string
  readonly end: number
}

/** One `"<length> <key>=<value>\n"`; the length counts the whole record. */
function recordAt(content: Buffer, start: number): PaxRecord {
  const space = content.indexOf(0x20, start)
  if (space < 0) throw malformed('a record has no length')
  const length = parseDecimal(content.toString('latin1', start, space))
  const end = start + length
  if (length < 5 || end > content.length || end <= space + 1) throw malformed('a record has a wrong length')
  if (content[end - 1] !== 0x0a) throw malformed('a record does not end in a newline')
  const text = content.toString('latin1', space + 1, end - 1)
  const equals = text.indexOf('=')
  if (equals <= 0) throw malformed('a record has no key')
  const key = text.slice(0, equals)
  const value = text.slice(equals + 1)
  const guarded = textKeys.has(key) ? value : key
  if (guarded.includes('\0')) throw malformed('a record holds a NUL')
  return { key, value, end }
}

const textKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname'])

function malformed(message: string): LayerError {
  return new LayerError('MALFORMED_TAR', `PAX header: ${message}`)
}

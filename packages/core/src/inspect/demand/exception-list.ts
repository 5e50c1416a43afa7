import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml'
import type { Exception } from './exception.ts'
import { ExceptionListError } from './exception-list-error.ts'

/**
 * Reads a list of exceptions: YAML or JSON with one key, `exceptions`. Every exception says why it is there and when
 * it ends.
 * @throws ExceptionListError INVALID_EXCEPTION_LIST with the file, the line and what is wrong
 */
export function parseExceptionList(text: string, file: string): readonly Exception[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { uniqueKeys: true, strict: true, lineCounter: lines })
  const reader: Reader = { file, lineOf: (offset) => lines.linePos(offset).line }
  const [problem] = document.errors
  if (problem !== undefined) throw refused(reader, problem.pos[0], 'this is not sound YAML')
  const { contents } = document
  const list = isMap(contents) ? contents.get('exceptions', true) : undefined
  if (!isMap(contents) || contents.items.length !== 1 || !isSeq(list)) {
    throw refused(reader, 0, 'the list is not one key `exceptions` with a list')
  }
  if (list.items.length > maxExceptions) throw refused(reader, 0, `there are more than ${maxExceptions}`)
  return list.items.map((item) => {
    if (!isMap(item)) throw refused(reader, startOf(item), 'an exception is not a map')
    return exceptionOf(item, reader)
  })
}

const maxExceptions = 10_000

interface Reader {
  readonly file: string
  readonly lineOf: (offset: number) => number
}

const known: ReadonlySet<string> = new Set(['rule', 'path', 'sha256', 'reason', 'expires'])

function exceptionOf(map: YAMLMap, reader: Reader): Exception {
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : 'a key'
    if (!known.has(name)) throw refused(reader, startOf(map), `an exception has no \`${name}\``)
  }
  const path = textOf(map, 'path', reader)
  const sha256 = textOf(map, 'sha256', reader)
  const exception = {
    rule: textOf(map, 'rule', reader) ?? '',
    reason: textOf(map, 'reason', reader) ?? '',
    expires: textOf(map, 'expires', reader) ?? '',
    ...(path === undefined ? {} : { path }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }
  const problem = problemOf(exception)
  if (problem !== undefined) throw refused(reader, startOf(map), problem)
  return exception
}

function problemOf({ rule, path, sha256, reason, expires }: Exception): string | undefined {
  if (rule === '') return 'an exception names no `rule`'
  if (reason.trim() === '') return 'an exception gives no `reason`'
  if (!isDate(expires)) return '`expires` is not a date like 2027-01-31'
  if (path?.startsWith('/') === false) return '`path` does not begin with a slash'
  return sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256) ? undefined : '`sha256` is not 64 hex digits'
}

function textOf(map: YAMLMap, key: string, reader: Reader): string | undefined {
  const value = map.get(key, true)
  if (value === undefined) return undefined
  // A date without quotes is text in YAML 1.2.
  if (isScalar(value) && typeof value.value === 'string') return value.value
  throw refused(reader, startOf(map), `\`${key}\` is not a text`)
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}

function isNode(node: unknown): node is Node {
  return isMap(node) || isScalar(node) || isSeq(node)
}

function refused(reader: Reader, offset: number, message: string): ExceptionListError {
  return new ExceptionListError(
    'INVALID_EXCEPTION_LIST',
    `the list of exceptions cannot be read: ${message}`,
    {
      on: `${reader.file}:${reader.lineOf(offset)}`,
    },
  )
}

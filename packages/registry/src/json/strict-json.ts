import { isUtf8 } from 'node:buffer'
import { RegistryError } from '../errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/** An object without a prototype: `__proto__` is a key like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Reading that may take long enough for somebody to stop waiting. */
export interface Interruptible {
  /** Called again and again; what it throws ends the reading. */
  readonly interrupt?: (() => void) | undefined
}

export interface StrictJsonOptions extends Interruptible {
  /** What is being read, for messages. */
  readonly on: string
  /** How many objects and arrays may enclose a value. */
  readonly maxDepth?: number
  /** How many values and keys there may be in all. */
  readonly maxValues?: number
}

/**
 * Reads JSON (RFC 8259) of which every reader gets the same value: UTF-8 without a byte order mark, no key
 * twice in one object, no lone surrogates, bounded depth and count.
 * @throws RegistryError MALFORMED_CONTENT, LIMIT_EXCEEDED
 * @throws what `interrupt` throws
 */
export function parseStrictJson(bytes: Uint8Array, options: StrictJsonOptions): JsonValue {
  const reader = new Reader(decode(bytes, options.on), options)
  return reader.document()
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function decode(bytes: Uint8Array, on: string): string {
  // Not by TextDecoder: making one costs more than reading most documents.
  if (!isUtf8(bytes)) throw new RegistryError('MALFORMED_CONTENT', 'the text is not UTF-8', { on })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const spacePattern = /[ \t\n\r]*/y
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const escapedOrControl = /[\\\u0000-\u001f]/
const quote = 0x22
const backslash = 0x5c
/** A recursive descent over one text; lives for one document. */
class Reader {
  readonly #text: string
  readonly #on: string
  readonly #maxDepth: number
  readonly #interrupt: Interruptible['interrupt']
  #left: number
  #at = 0

  constructor(text: string, options: StrictJsonOptions) {
    this.#text = text
    this.#on = options.on
    this.#maxDepth = options.maxDepth ?? 32
    this.#left = options.maxValues ?? 200_000
    this.#interrupt = options.interrupt
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#space()
    if (this.#at !== this.#text.length) throw this.#malformed('there is something after the JSON value')
    return value
  }

  #value(depth: number): JsonValue {
    this.#count()
    this.#space()
    const next = this.#text[this.#at]
    if (next === '{') return this.#object(this.#deeper(depth))
    if (next === '[') return this.#array(this.#deeper(depth))
    if (next === '"') return this.#string()
    if (this.#skip('true')) return true
    if (this.#skip('false')) return false
    if (this.#skip('null')) return null
    return this.#number()
  }

  #object(depth: number): JsonObject {
    this.#at += 1
    const entries = new Map<string, JsonValue>()
    this.#space()
    if (this.#skip('}')) return toObject(entries)
    for (;;) {
      this.#space()
      this.#count()
      const key = this.#string()
      if (entries.has(key))
        throw this.#malformed(`the key ${JSON.stringify(key.slice(0, 60))} stands twice in one object`)
      this.#space()
      if (!this.#skip(':')) throw this.#malformed('a colon is missing')
      entries.set(key, this.#value(depth))
      this.#space()
      if (this.#skip('}')) return toObject(entries)
      if (!this.#skip(',')) throw this.#malformed('a comma or a closing brace is missing')
    }
  }

  #array(depth: number): readonly JsonValue[] {
    this.#at += 1
    const items: JsonValue[] = []
    this.#space()
    if (this.#skip(']')) return items
    for (;;) {
      items.push(this.#value(depth))
      this.#space()
      if (this.#skip(']')) return items
      if (!this.#skip(',')) throw this.#malformed('a comma or a closing bracket is missing')
    }
  }

  #string(): string {
    const raw = this.#rawString()
    const text = unescape(raw)
    if (text === undefined) throw this.#malformed('a string has a bad escape')
    if (!text.isWellFormed()) throw this.#malformed('a string holds half of a surrogate pair')
    return text
  }

  // Most strings end at the next quote. The others take a loop, because a regular expression of this kind exhausts its
  // stack on long strings.
  #rawString(): string {
    const start = this.#at
    const end = this.#text.indexOf('"', start + 1)
    const plain = this.#text[start] === '"' && end > 0 ? this.#text.slice(start, end + 1) : undefined
    if (plain !== undefined && !escapedOrControl.test(plain)) {
      this.#at = end + 1
      return plain
    }
    if (!this.#skip('"')) throw this.#malformed('a string is expected')
    for (; this.#at < this.#text.length; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at)
      if (code < 0x20) throw this.#malformed('a string holds a control character')
      if (code === backslash) this.#at += 1
      if (code === quote) {
        this.#at += 1
        return this.#text.slice(start, this.#at)
      }
    }
    throw this.#malformed('a string does not end')
  }

  #number(): number {
    const raw = this.#match(numberPattern)
    if (raw === undefined) throw this.#malformed('a value is expected')
    const value = Number(raw)
    if (!Number.isFinite(value)) throw this.#malformed('a number is too large')
    return value
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #space(): void {
    this.#match(spacePattern)
  }

  #deeper(depth: number): number {
    if (depth < this.#maxDepth) return depth + 1
    throw new RegistryError('LIMIT_EXCEEDED', 'the JSON is nested too deeply', {
      on: this.#on,
      expected: `at most ${this.#maxDepth} levels`,
    })
  }

  #count(): void {
    this.#left -= 1
    if (this.#left % 1024 === 0) this.#interrupt?.()
    if (this.#left < 0)
      throw new RegistryError('LIMIT_EXCEEDED', 'the JSON holds too many values', { on: this.#on })
  }

  #malformed(message: string): RegistryError {
    return new RegistryError('MALFORMED_CONTENT', `the JSON is malformed: ${message}`, {
      on: this.#on,
      got: `at character ${this.#at}`,
    })
  }
}

function toObject(entries: ReadonlyMap<string, JsonValue>): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null)
  for (const [key, value] of entries) object[key] = value
  return object
}

function unescape(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw.slice(1, -1)
  try {
    const text: unknown = JSON.parse(raw)
    return typeof text === 'string' ? text : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

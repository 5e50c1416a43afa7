import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '@assay/registry'
import { malformedFacts } from './facts-error.ts'

/** How values of one type are written as JSON, and strictly read again. */
export interface Codec<Value> {
  readonly write: (value: Value) => JsonValue
  /** @throws FactsError on everything that `write` would not have written */
  readonly read: (json: JsonValue) => Value
}

export const text: Codec<string> = {
  write: (value) => value,
  read: (json) => (typeof json === 'string' ? json : refuse('a text')),
}

export const count: Codec<number> = {
  write: (value) => value,
  read: (json) => (typeof json === 'number' && Number.isSafeInteger(json) ? json : refuse('a whole number')),
}

export const truth: Codec<boolean> = {
  write: (value) => value,
  read: (json) => (typeof json === 'boolean' ? json : refuse('true or false')),
}

export const bytes: Codec<Buffer> = {
  write: (value) => value.toString('base64'),
  read: (json) => Buffer.from(text.read(json), 'base64'),
}

/** Many numbers, without a value for each of them. */
export const numbers: Codec<Float64Array> = {
  write: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
  read: (json) => {
    const content = bytes.read(json)
    if (content.length % Float64Array.BYTES_PER_ELEMENT !== 0) return refuse('numbers of 8 bytes')
    const { buffer, byteOffset, length } = content
    const aligned = byteOffset % Float64Array.BYTES_PER_ELEMENT === 0
    if (aligned) return new Float64Array(buffer, byteOffset, length / Float64Array.BYTES_PER_ELEMENT)
    return new Float64Array(Uint8Array.from(content).buffer)
  },
}

/** Many texts; those that were read are taken as they are. */
export const textList: Codec<readonly string[]> = {
  write: (values) => values,
  read: (json) => (isJsonArray(json) && json.every(isText) ? json.filter(isText) : refuse('a list of texts')),
}

function isText(json: JsonValue): json is string {
  return typeof json === 'string'
}

/** A text that a predicate knows. */
export function known<Value extends string>(
  is: (value: string) => value is Value,
  what: string,
): Codec<Value> {
  return {
    write: (value) => value,
    read: (json) => (typeof json === 'string' && is(json) ? json : refuse(what)),
  }
}

/** One of a few texts, all of them listed. */
export function oneOf<Value extends string>(values: Readonly<Record<Value, true>>): Codec<Value> {
  const is = (value: string): value is Value => Object.hasOwn(values, value)
  return known(is, `one of ${Object.keys(values).join(', ')}`)
}

export function list<Item>(item: Codec<Item>): Codec<readonly Item[]> {
  return {
    write: (values) => values.map(item.write),
    read: (json) => (isJsonArray(json) ? json.map(item.read) : refuse('a list')),
  }
}

/** A value or undefined; a field that is undefined is not written. */
export function maybe<Value>(codec: Codec<Value>): Codec<Value | undefined> {
  return {
    write: (value) => (value === undefined ? null : codec.write(value)),
    read: (json) => (json === null ? undefined : codec.read(json)),
  }
}

export const texts: Codec<ReadonlyMap<string, string>> = {
  write: (map) => [...map].map(([key, value]) => [key, value]),
  read: (json) => new Map(list(pair).read(json)),
}

const pair: Codec<readonly [string, string]> = {
  write: (both) => [...both],
  read: (json) => {
    const [key, value, ...more] = list(text).read(json)
    return key === undefined || value === undefined || more.length > 0 ? refuse('a pair') : [key, value]
  },
}

type Fields<Value> = { readonly [Key in keyof Value]-?: Codec<Value[Key]> }

/** An object with exactly these fields. A field of the type that has no codec does not compile. */
export function record<Value extends object>(fields: Fields<Value>): Codec<Value> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fields of an object type are its keys
  const keys = Object.keys(fields) as (keyof Value & string)[]
  return {
    write: (value) => {
      const json: JsonObject = {}
      for (const key of keys) {
        const field = value[key]
        if (field !== undefined) Object.assign(json, { [key]: fields[key].write(field) })
      }
      return json
    },
    read: (json) => {
      if (!isJsonObject(json)) return refuse('an object')
      const unknown = Object.keys(json).find((key) => !Object.hasOwn(fields, key))
      if (unknown !== undefined) return refuse(`no field ${JSON.stringify(unknown)}`)
      const read: Partial<Value> = {}
      for (const key of keys) {
        const field = fields[key].read(json[key] ?? null)
        if (field !== undefined) read[key] = field
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every field was read by its own codec just above
      return read as Value
    },
  }
}

function refuse(expected: string): never {
  throw malformedFacts({ expected })
}

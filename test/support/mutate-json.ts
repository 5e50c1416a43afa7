/** Which character, byte or number of a field is changed. */
export type Where = 'start' | 'middle' | 'end'

/** The value at a path of keys, undefined where there is none. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => Object(at)[key], value)
}

/** A copy of JSON in which one value is another. */
export function replaced(
  value: unknown,
  path: readonly string[],
  change: (value: unknown) => unknown,
): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  const child = replaced(Object(value)[key], rest, change)
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? child : item))
  return { ...Object(value), [key]: child }
}

/** Another text of the same form: another byte of base64, another digit, another character, another number. */
export function otherText(text: string, where: Where): string {
  if (/^[0-9]{1,20}$/.test(text)) return String(BigInt(text) + { start: 1n, middle: 2n, end: 1000n }[where])
  if (/^[0-9a-f]{40,}$/.test(text)) {
    const at = { start: 0, middle: text.length >> 1, end: text.length - 1 }[where]
    return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
  }
  if (/^[A-Za-z0-9+/]+=*$/.test(text) && text.length % 4 === 0) {
    const bytes = Buffer.from(text, 'base64')
    const at = { start: 0, middle: bytes.byteLength >> 1, end: bytes.byteLength - 1 }[where]
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes.toString('base64')
  }
  const at = { start: 0, middle: text.length >> 1, end: text.length - 3 }[where]
  return `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`
}

/** A copy of JSON in which one text or number is another of the same form. */
export function mutated(value: unknown, path: readonly string[], where: Where): unknown {
  return replaced(value, path, (old) =>
    typeof old === 'number' ? Number(otherText(String(old), where)) : otherText(String(old), where),
  )
}

/** A copy in which JSON inside base64 has another value. */
export function mutatedInside(
  value: unknown,
  path: readonly string[],
  change: (inner: unknown) => unknown,
): unknown {
  return replaced(value, path, (old) => {
    const inner: unknown = JSON.parse(Buffer.from(String(old), 'base64').toString('utf8'))
    return Buffer.from(JSON.stringify(change(inner))).toString('base64')
  })
}

/** Every path of the JSON. The items of a long list are alike: three of them stand for all. */
export function pathsOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  const keys = Object.keys(value).slice(0, Array.isArray(value) ? 3 : undefined)
  return keys.flatMap((key) => [[key], ...pathsOf(Object(value)[key]).map((rest) => [key, ...rest])])
}

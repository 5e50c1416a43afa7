import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '@assay/registry'

/** A value inside a JSON document, with its path for messages. */
export interface JsonNode {
  readonly value: JsonValue | undefined
  readonly path: string
  /** Makes the error of the document's own kind. */
  readonly refuse: (message: string) => Error
}

/** The field of an object; `null` counts as missing, as in Protobuf's JSON mapping. */
export function field(node: JsonNode, name: string): JsonNode {
  const value = objectOf(node)[name] ?? undefined
  return { value, path: node.path === '' ? name : `${node.path}.${name}`, refuse: node.refuse }
}

export function isMissing(node: JsonNode): boolean {
  return node.value === undefined || node.value === null
}

/** The node's reading, or undefined where the field is missing. */
export function optional<T>(node: JsonNode, read: (node: JsonNode) => T): T | undefined {
  return isMissing(node) ? undefined : read(node)
}

export function objectOf(node: JsonNode): JsonObject {
  if (isJsonObject(node.value)) return node.value
  throw wrong(node, 'an object')
}

/** Refuses fields that are not in the list: what we do not understand may change the meaning of the rest. */
export function onlyFields(node: JsonNode, known: readonly string[]): void {
  for (const key of Object.keys(objectOf(node))) {
    if (!known.includes(key))
      throw node.refuse(`${pathOf(node)} has the unknown field ${JSON.stringify(key.slice(0, 60))}`)
  }
}

/** Refuses a key that differs from a known one in case only: readers that ignore case would take it for that one. */
export function noCaseTwins(node: JsonNode, known: readonly string[]): void {
  for (const key of Object.keys(objectOf(node))) {
    const twin = known.find((name) => name !== key && name.toLowerCase() === key.toLowerCase())
    if (twin !== undefined)
      throw node.refuse(`${pathOf(node)} has the field ${JSON.stringify(key)} beside "${twin}"`)
  }
}

export function textOf(node: JsonNode): string {
  if (typeof node.value === 'string') return node.value
  throw wrong(node, 'a string')
}

/** Strings by key. */
export function textMapOf(node: JsonNode): Readonly<Record<string, string>> {
  const map: Record<string, string> = Object.create(null)
  for (const key of Object.keys(objectOf(node))) map[key] = textOf(field(node, key))
  return map
}

/** An array of at most `max` elements; a missing one is empty. */
export function listOf(node: JsonNode, max: number): readonly JsonNode[] {
  if (isMissing(node)) return []
  if (!isJsonArray(node.value)) throw wrong(node, 'a list')
  if (node.value.length > max)
    throw node.refuse(`${pathOf(node)} has ${node.value.length} elements, more than ${max}`)
  return node.value.map((value, index) => ({ value, path: `${node.path}[${index}]`, refuse: node.refuse }))
}

/**
 * Bytes in the one canonical form of base64 (RFC 4648 §4, §3.5): padded, no white space, no stray bits. Encoding them
 * again tells; an expression would run out of stack on a text of some megabytes.
 */
export function base64Of(node: JsonNode): Uint8Array {
  const text = textOf(node)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw node.refuse(`${pathOf(node)} is not canonical base64`)
  return bytes
}

/** Base64 of at least one byte. */
export function filledBase64Of(node: JsonNode): Uint8Array {
  const bytes = base64Of(node)
  if (bytes.byteLength === 0) throw node.refuse(`${pathOf(node)} is empty`)
  return bytes
}

export function hexOf(node: JsonNode): Uint8Array {
  const text = textOf(node)
  const bytes = Buffer.from(text, 'hex')
  if (text === '' || bytes.toString('hex') !== text) throw wrong(node, 'lower-case hexadecimal')
  return bytes
}

const maxInt64 = 2n ** 63n - 1n

/** A non-negative int64, written as a decimal string or as a whole number (Protobuf's JSON mapping). */
export function countOf(node: JsonNode): bigint {
  const text =
    typeof node.value === 'number' && Number.isSafeInteger(node.value) ? String(node.value) : node.value
  if (typeof text !== 'string' || !/^(?:0|[1-9][0-9]{0,18})$/.test(text))
    throw wrong(node, 'a non-negative whole number')
  const count = BigInt(text)
  if (count > maxInt64) throw wrong(node, 'a number below 2^63')
  return count
}

/** RFC 3339 in UTC. */
export function timeOf(node: JsonNode): Date {
  const text = textOf(node)
  const time = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text) || Number.isNaN(time.getTime()))
    throw wrong(node, 'an RFC 3339 time in UTC')
  return time
}

function wrong(node: JsonNode, expected: string): Error {
  return node.refuse(isMissing(node) ? `${pathOf(node)} is missing` : `${pathOf(node)} is not ${expected}`)
}

function pathOf(node: JsonNode): string {
  return node.path === '' ? 'the document' : node.path
}

import { RegistryError } from '../errors.ts'
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts'

/** RFC 6838 §4.2: what a media type without parameters looks like. */
const mediaTypePattern = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/

/** Reads the fields of one JSON object; each method throws MALFORMED_CONTENT that names the field. */
export interface Fields {
  readonly object: JsonObject
  /** Where the object stands, for messages: `layers[3]`. */
  readonly path: string
  readonly on: string
}

/**
 * The object's fields, after a look at its keys: a key that differs from a known one in case only would be read
 * by readers that ignore case (Go's encoding/json does) and not by us, so such a document is refused.
 * @throws RegistryError MALFORMED_CONTENT
 */
export function fieldsOf(
  value: JsonValue | undefined,
  place: Omit<Fields, 'object'> & { readonly known: readonly string[] },
): Fields {
  if (!isJsonObject(value)) throw malformed(place, 'is not an object')
  const known = new Map(place.known.map((key) => [fold(key), key]))
  for (const key of Object.keys(value)) {
    const twin = known.get(fold(key))
    if (twin !== undefined && twin !== key)
      throw malformed(place, `has the key ${JSON.stringify(key)}, which some readers take for "${twin}"`)
  }
  return { object: value, path: place.path, on: place.on }
}

export function optionalString(fields: Fields, key: string): string | undefined {
  const value = fields.object[key] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw malformed(fields, `has a "${key}" that is not a string`)
}

export function requiredString(fields: Fields, key: string): string {
  const value = optionalString(fields, key)
  if (value === undefined) throw malformed(fields, `has no "${key}"`)
  return value
}

/** An array of at most `max` values; missing or null is empty. */
export function optionalArray(fields: Fields, key: string, max: number): readonly JsonValue[] {
  const value = fields.object[key] ?? []
  if (!isJsonArray(value)) throw malformed(fields, `has a "${key}" that is not an array`)
  if (value.length > max) {
    throw new RegistryError('LIMIT_EXCEEDED', `there are too many entries in "${key}"`, {
      on: fields.on,
      expected: `at most ${max}`,
      got: String(value.length),
    })
  }
  return value
}

export function optionalMediaType(fields: Fields, key: string): string | undefined {
  const value = optionalString(fields, key)
  // Some writers leave "artifactType": "" behind, which means nothing.
  if (value === undefined || value === '') return undefined
  if (!mediaTypePattern.test(value)) throw malformed(fields, `has a "${key}" that is not a media type`)
  return value
}

/** The `annotations` map; missing or null is empty. */
export function annotationsOf(fields: Fields): Readonly<Record<string, string>> {
  const value = fields.object['annotations'] ?? {}
  if (!isJsonObject(value)) throw malformed(fields, 'has annotations that are not an object')
  const annotations: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw malformed(fields, `has an annotation ${JSON.stringify(key)} that is not a string`)
    annotations[key] = text
  }
  return annotations
}

/** Letters that differ in case only, ſ (U+017F) and K (U+212A) included, as Go folds them. */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase()
}

/** MALFORMED_CONTENT about one object of a document. */
export function malformed(
  place: { readonly path: string; readonly on: string },
  message: string,
): RegistryError {
  return new RegistryError('MALFORMED_CONTENT', `${place.path} ${message}`, { on: place.on })
}

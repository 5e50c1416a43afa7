import type { Descriptor, Platform } from '../descriptor.ts'
import { isDigest } from '../digest.ts'
import {
  annotationsOf,
  fieldsOf,
  malformed,
  optionalArray,
  optionalMediaType,
  optionalString,
  requiredString,
  type Fields,
} from './json-fields.ts'
import type { JsonValue } from './strict-json.ts'

const descriptorKeys = [
  'mediaType',
  'digest',
  'size',
  'annotations',
  'artifactType',
  'platform',
  'urls',
  'data',
]

interface Place {
  /** Where the descriptor stands in its document: `layers[3]`. */
  readonly path: string
  readonly on: string
}

/**
 * Reads a descriptor (OCI image-spec, descriptor.md).
 * @throws RegistryError MALFORMED_CONTENT, LIMIT_EXCEEDED
 */
export function parseDescriptor(value: JsonValue | undefined, place: Place): Descriptor {
  const fields = fieldsOf(value, { ...place, known: descriptorKeys })
  const mediaType = optionalMediaType(fields, 'mediaType')
  if (mediaType === undefined) throw malformed(fields, 'has no "mediaType"')
  const digest = requiredString(fields, 'digest')
  if (!isDigest(digest)) throw malformed(fields, 'has a malformed or unknown digest')
  const size = fields.object['size']
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw malformed(fields, 'has no valid "size"')
  return { mediaType, digest, size, ...optionalParts(fields) }
}

function optionalParts(fields: Fields): Partial<Descriptor> {
  const artifactType = optionalMediaType(fields, 'artifactType')
  const annotations = fields.object['annotations'] ?? undefined
  const platform = fields.object['platform'] ?? undefined
  const urls = optionalArray(fields, 'urls', 100).map((url) => textOf(fields, url))
  const data = optionalString(fields, 'data')
  return {
    ...(annotations !== undefined && { annotations: annotationsOf(fields) }),
    ...(artifactType !== undefined && { artifactType }),
    ...(platform !== undefined && { platform: parsePlatform(platform, fields) }),
    ...(urls.length > 0 && { urls }),
    ...(data !== undefined && { data }),
  }
}

function parsePlatform(value: JsonValue, place: Place): Platform {
  const fields = fieldsOf(value, {
    path: `${place.path}.platform`,
    on: place.on,
    known: ['os', 'architecture', 'variant', 'os.version'],
  })
  const variant = optionalString(fields, 'variant')
  const osVersion = optionalString(fields, 'os.version')
  return {
    os: optionalString(fields, 'os') ?? '',
    architecture: optionalString(fields, 'architecture') ?? '',
    ...(variant !== undefined && variant !== '' && { variant }),
    ...(osVersion !== undefined && osVersion !== '' && { osVersion }),
  }
}

function textOf(fields: Fields, value: JsonValue): string {
  if (typeof value === 'string') return value
  throw malformed(fields, 'has a list with something else than strings')
}

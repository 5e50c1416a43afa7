import type { Call, ContentSource } from './content.ts'
import type { Descriptor } from './descriptor.ts'
import { digestAlgorithm, digestOf } from './digest.ts'
import { RegistryError } from './errors.ts'
import { annotationsOf, fieldsOf, optionalArray, optionalMediaType, type Fields } from './json/json-fields.ts'
import { parseDescriptor } from './json/parse-descriptor.ts'
import { parseStrictJson, type JsonValue } from './json/strict-json.ts'
import { maxManifestSize, type AnyManifest } from './manifest.ts'
import { isIndexType, isManifestType, mediaTypes } from './media-types.ts'
import { readAll } from './verified-stream.ts'

/** How many layers a manifest may have; more is refused, never cut (attack B-11). */
export const maxLayers: number = 1000
/** How many entries an index may have; more is refused, never cut. */
export const maxIndexEntries: number = 10_000

const known = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'fsLayers',
  'history',
  'blobs',
]

/**
 * Fetches and reads a manifest or an index.
 * @throws RegistryError LIMIT_EXCEEDED before anything is fetched if the descriptor promises more than 4 MiB;
 *   CONTENT_MISMATCH, MALFORMED_CONTENT, and the codes of reaching the place
 */
export async function fetchManifest(
  source: Pick<ContentSource, 'open'>,
  descriptor: Descriptor,
  call?: Call,
): Promise<AnyManifest> {
  if (descriptor.size > maxManifestSize) throw tooLarge(descriptor)
  const bytes = await readAll(source.open(descriptor, call), {
    limit: maxManifestSize,
    on: descriptor.digest,
  })
  return parseManifest(descriptor, bytes)
}

/**
 * Reads a manifest or an index from the bytes that its descriptor is of (OCI image-spec, manifest.md and
 * image-index.md; Docker schema 2). The bytes are hashed here, whoever fetched them. A document that another
 * reader could take for the other kind is refused (attack B-01).
 * @throws RegistryError CONTENT_MISMATCH, MALFORMED_CONTENT, LIMIT_EXCEEDED
 */
export function parseManifest(descriptor: Descriptor, bytes: Uint8Array): AnyManifest {
  const on = descriptor.digest
  if (bytes.byteLength > maxManifestSize) throw tooLarge(descriptor)
  checkBytes(descriptor, bytes)
  const fields = fieldsOf(parseStrictJson(bytes, { on }), { path: 'the manifest', on, known })
  checkKind(fields, descriptor)
  const artifactType = optionalMediaType(fields, 'artifactType')
  const subject = fields.object['subject'] ?? undefined
  const shared = {
    descriptor,
    bytes,
    annotations: annotationsOf(fields),
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject: parseDescriptor(subject, { path: 'subject', on }) }),
  }
  if (isIndexType(descriptor.mediaType)) {
    return { kind: 'index', ...shared, manifests: descriptors(fields, 'manifests', maxIndexEntries) }
  }
  return {
    kind: 'manifest',
    ...shared,
    config: parseDescriptor(fields.object['config'], { path: 'config', on }),
    layers: descriptors(fields, 'layers', maxLayers),
  }
}

/**
 * The media type of a manifest of which only the bytes are known: what it says itself or, for OCI documents
 * that may leave it out, what its fields say.
 * @throws RegistryError MALFORMED_CONTENT
 */
export function manifestMediaType(bytes: Uint8Array, on: string): string {
  const fields = fieldsOf(parseStrictJson(bytes, { on }), { path: 'the manifest', on, known })
  const stated = optionalMediaType(fields, 'mediaType')
  if (stated !== undefined) return stated
  return fields.object['manifests'] === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex
}

function descriptors(fields: Fields, key: string, max: number): readonly Descriptor[] {
  return optionalArray(fields, key, max).map((value: JsonValue, at) =>
    parseDescriptor(value, { path: `${key}[${at}]`, on: fields.on }),
  )
}

function checkBytes(descriptor: Descriptor, bytes: Uint8Array): void {
  const got = digestOf(bytes, digestAlgorithm(descriptor.digest))
  if (got === descriptor.digest && bytes.byteLength === descriptor.size) return
  throw new RegistryError('CONTENT_MISMATCH', 'the manifest does not have its size and digest', {
    on: descriptor.digest,
    expected: `${descriptor.size} bytes, ${descriptor.digest}`,
    got: `${bytes.byteLength} bytes, ${got}`,
  })
}

function checkKind(fields: Fields, descriptor: Descriptor): void {
  const has = (key: string): boolean => fields.object[key] !== undefined
  if (fields.object['schemaVersion'] === 1 || has('fsLayers')) throw schema1(fields.on)
  if (fields.object['schemaVersion'] !== 2) throw refused(fields, 'the schemaVersion is not 2')
  const { mediaType } = descriptor
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) {
    throw refused(fields, 'this media type is not one of a manifest or an index', mediaType)
  }
  const stated = optionalMediaType(fields, 'mediaType')
  // Docker's formats demand the field, OCI's recommend it.
  if (stated === undefined ? isDockerType(mediaType) : stated !== mediaType) {
    throw refused(
      fields,
      'the manifest and its descriptor disagree about the media type',
      `${stated} and ${mediaType}`,
    )
  }
  const others = isIndexType(mediaType) ? ['config', 'layers', 'blobs'] : ['manifests', 'blobs']
  const stray = others.find(has)
  if (stray !== undefined)
    throw refused(fields, `the manifest holds "${stray}", which its media type does not have`)
  const needed = isIndexType(mediaType) ? 'manifests' : 'layers'
  if (!has(needed)) throw refused(fields, `the manifest has no "${needed}"`)
}

function isDockerType(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.dockerManifestList
}

function schema1(on: string): RegistryError {
  return new RegistryError(
    'MALFORMED_CONTENT',
    'this is a Docker schema 1 manifest, a format of 2014 that cannot be verified',
    {
      on,
      expected: 'an OCI or Docker schema 2 manifest',
      hint: 'push the image again with a current tool',
    },
  )
}

function refused(fields: Fields, message: string, got?: string): RegistryError {
  return new RegistryError('MALFORMED_CONTENT', message, { on: fields.on, ...(got !== undefined && { got }) })
}

function tooLarge(descriptor: Descriptor): RegistryError {
  return new RegistryError('LIMIT_EXCEEDED', 'the manifest is larger than its limit', {
    on: descriptor.digest,
    expected: `at most ${maxManifestSize} bytes`,
    got: `${descriptor.size} bytes`,
  })
}

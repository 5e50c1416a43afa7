import { createHash } from 'node:crypto'
import type { Descriptor } from '../../descriptor.ts'
import { digestOf, finishDigest, isDigest, type Digest } from '../../digest.ts'
import { fieldsOf, malformed, optionalArray, requiredString } from '../../json/json-fields.ts'
import { isJsonObject, parseStrictJson, type JsonValue } from '../../json/strict-json.ts'
import { mediaTypes } from '../../media-types.ts'
import { maxLayers } from '../../parse-manifest.ts'
import type { ArchiveFile } from './archive-file.ts'
import { readNamed } from './archive-layout.ts'
import type { TarFile } from './tar-index.ts'

const maxImages = 1000
const maxConfig = 8 * 1024 * 1024
const maxList = 4 * 1024 * 1024

/** One image of an archive in Docker's own form, with a manifest made of it. */
export interface DockerImage {
  readonly names: readonly string[]
  readonly manifest: Descriptor
  readonly contents: ReadonlyMap<Digest, DockerContent>
}

export type DockerContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly file: TarFile }

/**
 * Reads `manifest.json` of an archive as `docker save` wrote it (Docker image specification 1.2). A layer is called
 * by the digest that the image's config gives for it, and checked against that when it is read; compressed layers,
 * as other tools put them there, are hashed here.
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, LIMIT_EXCEEDED
 */
export async function readDockerImages(archive: ArchiveFile): Promise<readonly DockerImage[]> {
  const on = archive.path
  const list = parseStrictJson(await readNamed(archive, 'manifest.json', maxList), { on })
  const entries = optionalArray({ object: { list }, path: 'manifest.json', on }, 'list', maxImages)
  const images: DockerImage[] = []
  for (const entry of entries) images.push(await readImage(archive, entry))
  return images
}

async function readImage(archive: ArchiveFile, entry: JsonValue): Promise<DockerImage> {
  const on = archive.path
  const place = { path: 'manifest.json', on }
  const fields = fieldsOf(entry, { ...place, known: ['Config', 'RepoTags', 'Layers'] })
  const configBytes = await readNamed(archive, requiredString(fields, 'Config'), maxConfig)
  const layerNames = textsOf(optionalArray(fields, 'Layers', maxLayers), place)
  const diffIds = diffIdsOf(configBytes, on)
  if (diffIds.length !== layerNames.length)
    throw malformed(place, `has ${layerNames.length} layers, and the config has ${diffIds.length}`)
  const contents = new Map<Digest, DockerContent>()
  const layers: Descriptor[] = []
  for (const [at, name] of layerNames.entries()) {
    const file = await archive.find(name)
    if (file === undefined) throw malformed(place, `names a layer that is not there: ${JSON.stringify(name)}`)
    const layer = await layerOf(archive, file, diffIds[at] ?? digestOf(new Uint8Array()))
    contents.set(layer.digest, { kind: 'file', file })
    layers.push(layer)
  }
  const config = keep(contents, mediaTypes.ociConfig, configBytes)
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }
  const manifest = keep(contents, mediaTypes.ociManifest, new TextEncoder().encode(JSON.stringify(document)))
  return { names: textsOf(optionalArray(fields, 'RepoTags', maxImages), place), manifest, contents }
}

function keep(contents: Map<Digest, DockerContent>, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = digestOf(bytes)
  contents.set(digest, { kind: 'bytes', bytes })
  return { mediaType, digest, size: bytes.byteLength }
}

async function layerOf(archive: ArchiveFile, file: TarFile, diffId: Digest): Promise<Descriptor> {
  const start = await archive.readWhole({ offset: file.offset, size: Math.min(file.size, 2) }, 2)
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  if (!isGzip) return { mediaType: mediaTypes.ociLayer, digest: diffId, size: file.size }
  const hash = createHash('sha256')
  for await (const chunk of archive.read(file)) hash.update(chunk)
  return { mediaType: mediaTypes.ociLayerGzip, digest: finishDigest(hash, 'sha256'), size: file.size }
}

function diffIdsOf(config: Uint8Array, on: string): readonly Digest[] {
  const place = { path: 'the config', on }
  const document = parseStrictJson(config, { on })
  const rootfs = isJsonObject(document) ? document['rootfs'] : undefined
  const fields = fieldsOf(rootfs, { path: 'rootfs', on, known: ['type', 'diff_ids'] })
  return textsOf(optionalArray(fields, 'diff_ids', maxLayers), place).map((text) => {
    if (isDigest(text)) return text
    throw malformed(place, 'has a diff_id that is not a digest')
  })
}

function textsOf(
  values: readonly JsonValue[],
  place: { readonly path: string; readonly on: string },
): readonly string[] {
  return values.map((value) => {
    if (typeof value === 'string') return value
    throw malformed(place, 'has a list of other things than strings')
  })
}

import { describe, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { RegistryError } from './errors.ts'
import { memoryStore } from './local/memory-store.ts'
import { maxManifestSize } from './manifest.ts'
import { mediaTypes } from './media-types.ts'
import { fetchManifest, parseManifest } from './parse-manifest.ts'

const digest = `sha256:${'1'.repeat(64)}`
const config = { mediaType: mediaTypes.ociConfig, digest, size: 10 }
const layer = { mediaType: mediaTypes.ociLayerGzip, digest, size: 20 }
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [{ ...config, mediaType: mediaTypes.ociManifest }],
}

function codeOf(document: unknown, mediaType: string = mediaTypes.ociManifest): string {
  const bytes = new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document))
  try {
    return parseManifest({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes).kind
  } catch (error) {
    if (error instanceof RegistryError) return error.code
    throw error
  }
}

describe('reads', () => {
  test('an image manifest, with and without its media type', () => {
    expect(codeOf(image)).toBe('manifest')
    expect(codeOf({ ...image, mediaType: undefined })).toBe('manifest')
  })
  test('an index, with and without its media type', () => {
    expect(codeOf(index, mediaTypes.ociIndex)).toBe('index')
    expect(codeOf({ ...index, mediaType: undefined }, mediaTypes.ociIndex)).toBe('index')
  })
  test('what Go writes for empty lists and fields', () => {
    expect(codeOf({ ...image, layers: null, annotations: null })).toBe('manifest')
    expect(codeOf({ ...image, artifactType: '' })).toBe('manifest')
  })
})

describe('B-01 refuses a document that two readers could read differently', () => {
  test.each([
    ['layers and manifests in one document', { ...image, manifests: [] }, mediaTypes.ociManifest],
    ['manifests and layers in one document', { ...index, layers: [] }, mediaTypes.ociIndex],
    ['manifests and a config in one document', { ...index, config }, mediaTypes.ociIndex],
    ['another media type than its descriptor', image, mediaTypes.ociIndex],
    [
      'the media type of Docker, offered as OCI',
      { ...image, mediaType: mediaTypes.dockerManifest },
      mediaTypes.ociManifest,
    ],
    ['an index offered as a manifest', { ...index, mediaType: undefined }, mediaTypes.ociManifest],
    ['a manifest offered as an index', { ...image, mediaType: undefined }, mediaTypes.ociIndex],
    [
      'a Docker manifest without its media type',
      { ...image, mediaType: undefined },
      mediaTypes.dockerManifest,
    ],
    ['schema 1', { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [] }, mediaTypes.ociManifest],
    ['schema 2 with layers of schema 1', { ...image, fsLayers: [] }, mediaTypes.ociManifest],
    ['no schema version', { ...image, schemaVersion: undefined }, mediaTypes.ociManifest],
    ['a media type of something else', image, 'application/json'],
    ['the same key twice', '{"schemaVersion":2,"schemaVersion":2}', mediaTypes.ociManifest],
    ['a key in another case, which Go reads', { ...image, Layers: [] }, mediaTypes.ociManifest],
    ['a key with a long s, which Go folds', { ...image, layerſ: [] }, mediaTypes.ociManifest],
    [
      'a descriptor key in another case',
      { ...image, config: { ...config, Digest: digest } },
      mediaTypes.ociManifest,
    ],
    ['no layers', { ...image, layers: undefined }, mediaTypes.ociManifest],
    ['no config', { ...image, config: undefined }, mediaTypes.ociManifest],
    ['not an object', [], mediaTypes.ociManifest],
  ])('%s', (_name, document, mediaType) => {
    expect(codeOf(document, mediaType)).toBe('MALFORMED_CONTENT')
  })
})

describe('B-04 B-05 refuses descriptors with', () => {
  test.each([
    ['a path in the digest', { digest: 'sha256:../../x' }],
    ['an empty digest', { digest: 'sha256:' }],
    ['an upper-case algorithm', { digest: `SHA256:${'1'.repeat(64)}` }],
    ['upper-case hex', { digest: `sha256:${'A'.repeat(64)}` }],
    ['a digest too short', { digest: `sha256:${'1'.repeat(63)}` }],
    ['a digest too long', { digest: `sha256:${'1'.repeat(65)}` }],
    ['a weak digest', { digest: `md5:${'1'.repeat(32)}` }],
    ['an unknown digest', { digest: 'foo:bar' }],
    ['a query in the digest', { digest: `sha256:${'1'.repeat(63)}?` }],
    ['an escape in the digest', { digest: `sha256:${'1'.repeat(61)}%2f` }],
    ['NUL in the digest', { digest: `sha256:${'1'.repeat(64)}\u0000` }],
    ['a newline in the digest', { digest: `sha256:${'1'.repeat(64)}\n` }],
    ['a negative size', { size: -1 }],
    ['a fractional size', { size: 1.5 }],
    ['a size beyond exact numbers', { size: 2 ** 53 }],
    ['a size in a string', { size: '10' }],
    ['no size', { size: undefined }],
    ['no media type', { mediaType: undefined }],
    ['a media type with a newline', { mediaType: 'a/b\n' }],
    ['annotations that are not strings', { annotations: { a: 1 } }],
    ['urls that are not strings', { urls: [1] }],
  ])('%s', (_name, change) => {
    expect(codeOf({ ...image, layers: [{ ...layer, ...change }] })).toBe('MALFORMED_CONTENT')
  })
})

describe('limits', () => {
  test('B-11 the number of layers', () => {
    expect(codeOf({ ...image, layers: Array.from({ length: 1000 }, () => layer) })).toBe('manifest')
    expect(codeOf({ ...image, layers: Array.from({ length: 1001 }, () => layer) })).toBe('LIMIT_EXCEEDED')
  })
  test('B-11 the number of manifests in an index', () => {
    expect(
      codeOf(
        { ...index, manifests: Array.from({ length: 10_001 }, () => ({ ...config })) },
        mediaTypes.ociIndex,
      ),
    ).toBe('LIMIT_EXCEEDED')
  })
  test('the size in bytes, before anything is fetched', async () => {
    const descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(new Uint8Array()),
      size: maxManifestSize + 1,
    }
    await expect(fetchManifest(memoryStore(), descriptor)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
  test('the size of bytes that came another way', () => {
    expect(codeOf(' '.repeat(maxManifestSize + 1))).toBe('LIMIT_EXCEEDED')
  })
})

test('bytes of another digest are refused, whoever fetched them', () => {
  const bytes = new TextEncoder().encode(JSON.stringify(image))
  const other = {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(new Uint8Array()),
    size: bytes.byteLength,
  }
  expect(() => parseManifest(other, bytes)).toThrow(expect.objectContaining({ code: 'CONTENT_MISMATCH' }))
})

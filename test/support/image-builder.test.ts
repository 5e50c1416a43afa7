import { extract } from 'tar-stream'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { parseDigest, readAll } from '@assay/registry'
import { expect, test } from 'vitest'
import { buildImage, buildIndex } from './image-builder.ts'
import { tarBytes, type TarEntry } from './tar-bytes.ts'

const entries: readonly TarEntry[] = [
  { kind: 'directory', path: 'usr/' },
  {
    kind: 'file',
    path: 'usr/app',
    content: 'hello',
    mode: 0o755,
    xattrs: { 'user.x': Uint8Array.of(0xff, 0) },
  },
  { kind: 'symlink', path: 'app', target: 'usr/app' },
  { kind: 'hardlink', path: 'again', target: 'usr/app' },
  { kind: 'device', path: 'null', major: 1, minor: 3 },
]

test('the tar has the entries in their order, readable by tar-stream', async () => {
  const seen: string[] = []
  const tar = extract()
  Readable.from([await tarBytes(entries)]).pipe(tar)
  for await (const entry of tar) {
    seen.push(`${entry.header.type} ${entry.header.name}`)
    entry.resume()
  }
  expect(seen).toEqual([
    'directory usr/',
    'file usr/app',
    'symlink app',
    'link again',
    'character-device null',
  ])
})

test('equal descriptions give equal digests', async () => {
  const one = await buildImage({ layers: [{ entries }] })
  const two = await buildImage({ layers: [{ entries }] })
  expect(one.descriptor).toEqual(two.descriptor)
})

test.each(['gzip', 'zstd', 'none'] as const)(
  'a %s layer holds the tar that its diffID names',
  async (compression) => {
    const image = await buildImage({ layers: [{ entries, compression }] })
    const [layer] = image.blobs
    const tar = await tarBytes(entries)
    const plain = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Uint8Array) => bytes }[
      compression
    ]
    expect(Buffer.from(plain(layer?.bytes ?? new Uint8Array())).equals(tar)).toBe(true)
  },
)

test('an index lists its images with their platforms and everything is readable by digest', async () => {
  const image = await buildImage({ layers: [{ entries }], platform: { os: 'linux', architecture: 'arm64' } })
  const index = buildIndex([{ image, platform: { os: 'linux', architecture: 'arm64' } }])
  const bytes = await readAll(index.source.open(await index.source.resolve('latest')), {
    limit: 10_000,
    on: 'index',
  })
  expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
    manifests: [{ digest: image.descriptor.digest, platform: { os: 'linux', architecture: 'arm64' } }],
  })
  const missing = parseDigest(`sha256:${'0'.repeat(64)}`)
  await expect(index.source.resolve(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

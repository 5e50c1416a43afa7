import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestOf, streamOf, verifiedStream } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { describe, expect, test } from 'vitest'
import { decompress } from './decompress.ts'
import { LIMITS } from './limits.ts'

async function plainOf(
  bytes: Uint8Array,
  step: number = bytes.length,
  size: number = bytes.length,
): Promise<string> {
  const { compression, content } = await decompress(inSteps(bytes, step), size)
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(Buffer.from(chunk))
  return `${compression}:${Buffer.concat(chunks).toString('latin1')}`
}

async function* inSteps(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield await Promise.resolve(bytes.subarray(at, at + step))
}

const one = 'one '.repeat(1000)
const two = 'two '.repeat(50_000)
const skippable = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('notes')])
const random = Buffer.from(
  Array.from({ length: 3 * 1024 * 1024 }, (_, index) => (index * index * 31 + (index >> 7)) & 0xff),
)

/** Layers that say that they are large are inflated in a thread of their own. */
const large = 100_000_000
const sizes: readonly (readonly [string, number])[] = [
  ['of a small layer', 0],
  ['of a large layer', large],
]

describe.each([1, 7, 1000, 65_536])('in chunks of %i bytes', (step) => {
  test.each(sizes)('all members of a gzip stream %s are read', async (_, size) => {
    const members = Buffer.concat([gzipSync(one), gzipSync(two), gzipSync('')])
    expect(await plainOf(members, step, size)).toBe(`gzip:${one}${two}`)
  })
  test('all frames of a zstd stream are read, skippable ones passed over', async () => {
    const frames = [skippable, zstdCompressSync(one), skippable, zstdCompressSync(two), zstdCompressSync('')]
    expect(await plainOf(Buffer.concat(frames), step)).toBe(`zstd:${one}${two}`)
  })
  test('anything else is plain', async () => {
    expect(await plainOf(Buffer.from('plain'), step)).toBe('none:plain')
  })
})

test('a gzip stream larger than all slots of a thread is read, whatever the size of its chunks', async () => {
  const content = Buffer.concat([random, Buffer.alloc(9_000_000), random])
  const bytes = gzipSync(content)
  const read = async (step: number): Promise<string> =>
    digestOf(Buffer.from((await plainOf(bytes, step, large)).slice('gzip:'.length), 'latin1'))
  // One chunk that no slot holds, and many in each slot's place; the second stream meets the thread of the first.
  expect(await read(bytes.length)).toBe(digestOf(content))
  expect(await read(100_000)).toBe(digestOf(content))
})

test('a large zstd frame between small ones is streamed', async () => {
  const frames = [zstdCompressSync('a'), zstdCompressSync(random), zstdCompressSync('b')]
  expect(digestOf(Buffer.from(await plainOf(Buffer.concat(frames), 65_536), 'latin1'))).toBe(
    digestOf(Buffer.from(`zstd:a${random.toString('latin1')}b`, 'latin1')),
  )
})

test('twenty thousand small zstd frames are read', async () => {
  const frame = zstdCompressSync('x')
  expect(await plainOf(Buffer.concat(Array.from({ length: 20_000 }, () => frame)), 65_536)).toHaveLength(
    20_005,
  )
})

describe('what is refused', () => {
  const broken = Buffer.from(zstdCompressSync(two))
  broken.writeUInt8((broken[12] ?? 0) ^ 0xff, 12)
  const wideWindow = Buffer.from('28b52ffd00f8010000', 'hex')
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a gzip stream cut short', gzipSync(two).subarray(0, 100), 'TRUNCATED'],
    [
      'a gzip stream followed by a zero byte',
      Buffer.concat([gzipSync(one), Buffer.alloc(1)]),
      'TRAILING_BYTES',
    ],
    [
      'a gzip member behind zeros',
      Buffer.concat([gzipSync(one), Buffer.alloc(9), gzipSync(two)]),
      'TRAILING_BYTES',
    ],
    ['a zstd stream cut short', zstdCompressSync(two).subarray(0, 12), 'TRUNCATED'],
    [
      'a zstd stream cut inside the second magic',
      Buffer.concat([zstdCompressSync(two), Buffer.from([0x28, 0xb5])]),
      'TRUNCATED',
    ],
    [
      'a zstd frame followed by zeros',
      Buffer.concat([zstdCompressSync(two), Buffer.alloc(4)]),
      'TRAILING_BYTES',
    ],
    ['a broken zstd frame', broken, 'MALFORMED_COMPRESSION'],
    ['a zstd window of 2^41 bytes', wideWindow, 'LIMIT_EXCEEDED'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'UNSUPPORTED_COMPRESSION'],
    ['a bomb', gzipSync(Buffer.alloc(80 * 1024 * 1024)), 'LIMIT_EXCEEDED'],
  ]
  test.each(cases)('%s', async (_, bytes, code) => {
    await expect(plainOf(bytes)).rejects.toMatchObject({ code })
  })
  test.each(cases)('%s, in a layer that says that it is large', async (_, bytes, code) => {
    await expect(plainOf(bytes, bytes.length, large)).rejects.toMatchObject({ code })
  })
})

test.each(sizes)('a wrong digest is told before a broken stream %s', async (_, size) => {
  const bytes = gzipSync(random)
  const changed = Buffer.from(bytes)
  changed.writeUInt8((changed[5000] ?? 0) ^ 1, 5000)
  const descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length }
  const read = async (): Promise<void> => {
    const { content } = await decompress(verifiedStream(descriptor, streamOf(changed)), size)
    for await (const chunk of content) expect(chunk.length).toBeGreaterThan(0)
  }
  await expect(read()).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
})

test.each(sizes)('a reader that stops early stops the source %s', async (_, size) => {
  let closed = false
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* inSteps(gzipSync(random), 1000)
    } finally {
      closed = true
    }
  }
  const { content } = await decompress(source(), size)
  for await (const chunk of content) if (chunk.length > 0) break
  expect(closed).toBe(true)
})

async function* cutLine(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(gzipSync(random).subarray(0, 100_000))
  throw new Error('the line is cut')
}

test('an error of the source is thrown, and the next layer is read', async () => {
  const { content } = await decompress(cutLine(), large)
  const read = async (): Promise<void> => {
    for await (const chunk of content) expect(chunk.length).toBeGreaterThan(0)
  }
  await expect(read()).rejects.toThrow('the line is cut')
  expect(await plainOf(gzipSync(one), 1000, large)).toBe(`gzip:${one}`)
})

const vectors = corpus('tar-vectors')
test.skipIf(vectors === undefined).each([
  ['g_badcrc.tgz', 'MALFORMED_COMPRESSION'],
  ['g_garbage.tgz', 'MALFORMED_COMPRESSION'],
  ['g_trunc.tgz', 'TRUNCATED'],
])('%s of the corpus is refused', async (name, code) => {
  await expect(plainOf(readFileSync(join(vectors ?? '', name)))).rejects.toMatchObject({ code })
})

test('C-21: a layer of more bytes than any image has stops there, told by its name', async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024)
  let served = 0
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (; served <= 2 * LIMITS.layerBytes; served += zeros.length) yield await Promise.resolve(zeros)
  }
  const { content } = await decompress(endless(), 2 * LIMITS.layerBytes)
  const read = async (): Promise<void> => {
    for await (const chunk of content) expect(chunk.length).toBe(zeros.length)
  }
  await expect(read()).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: 'the layer reaches the limit of uncompressed bytes',
  })
  expect(served).toBeLessThan(LIMITS.layerBytes + 2 * zeros.length)
})

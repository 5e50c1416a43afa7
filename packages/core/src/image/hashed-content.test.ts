import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestOf, streamOf, type Digest } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { decompress } from './decompress.ts'
import { hashed } from './hashed-content.ts'

const content = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => (at * at * 31 + (at >> 7)) & 0xff))

/** Layers that say that they are large are inflated in a thread of their own. */
const large = 100_000_000

interface Read {
  readonly before: Digest | undefined
  readonly after: Digest | undefined
}

async function digestsOf(bytes: Uint8Array, size: number): Promise<Read> {
  const { content: chunks, digest } = hashed(await decompress(streamOf(bytes), size))
  const before = digest()
  for await (const _ of chunks);
  return { before, after: digest() }
}

describe('the digest of what is decompressed', () => {
  test.each([
    ['gzip', gzipSync(content), 0],
    ['gzip in a thread', gzipSync(content), large],
    ['two members in a thread', Buffer.concat([gzipSync(content), gzipSync('more')]), large],
    ['zstd', zstdCompressSync(content), 0],
    ['a plain tar', content, 0],
    ['nothing in a thread', gzipSync(''), large],
  ])('of %s is there at the end', async (name, bytes, size) => {
    const expected = name.startsWith('two')
      ? Buffer.concat([content, Buffer.from('more')])
      : content.subarray(0, name.startsWith('nothing') ? 0 : undefined)
    expect(await digestsOf(bytes, size)).toEqual({ before: undefined, after: digestOf(expected) })
  })

  test('of streams that a thread reads one after the other is that of each', async () => {
    const streams = ['one', 'two', 'three'].map((text) => Buffer.from(text.repeat(100_000)))
    for (const stream of streams) {
      // oxlint-disable-next-line no-await-in-loop -- so that all meet the same thread
      expect((await digestsOf(gzipSync(stream), large)).after).toBe(digestOf(stream))
    }
  })

  test.each([0, large])('is not there where the stream is cut', async (size) => {
    const { content: chunks, digest } = hashed(
      await decompress(streamOf(gzipSync(content).subarray(0, -4)), size),
    )
    await expect(async () => {
      for await (const _ of chunks);
    }).rejects.toMatchObject({ code: 'TRUNCATED' })
    expect(digest()).toBeUndefined()
  })
})

import { digestOf, memoryStore, readAll, streamOf, type Descriptor } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import type { FactsStore } from '../../inspect/facts/facts-store.ts'
import { recentFacts } from '../../inspect/facts/recent-facts.ts'
import { rememberedContent } from './remembered-content.ts'

const bytes = Buffer.from('{"a bundle": true}')

function described(mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

const bundle = described('application/vnd.dev.sigstore.bundle.v0.3+json')

/** A place that counts how often it was read. */
async function counting(
  store: FactsStore,
): Promise<{ readonly read: (descriptor: Descriptor) => Promise<string>; readonly opened: () => number }> {
  const place = memoryStore()
  await place.push(bundle, streamOf(bytes))
  let opened = 0
  const source = rememberedContent(
    {
      ...place,
      open: (descriptor, call) => {
        opened += 1
        return place.open(descriptor, call)
      },
    },
    store,
  )
  const read = async (descriptor: Descriptor): Promise<string> =>
    Buffer.from(await readAll(source.open(descriptor, {}), { limit: 1000, on: 'x' })).toString()
  return { read, opened: () => opened }
}

describe('content that is remembered', () => {
  test('is read once', async () => {
    const at = await counting(recentFacts())
    expect([await at.read(bundle), await at.read(bundle), at.opened()]).toEqual([
      bytes.toString(),
      bytes.toString(),
      1,
    ])
  })

  test('is whole, also for a reader that keeps no chunk, from a place that uses its memory again', async () => {
    const place = memoryStore()
    const reusing: typeof place = {
      ...place,
      open: async function* (_, call) {
        const memory = Buffer.alloc(1)
        for (const byte of bytes) {
          memory[0] = byte
          yield call?.transient === true ? memory : Buffer.from(memory)
        }
      },
    }
    const source = rememberedContent(reusing, recentFacts())
    const read = await readAll(source.open(bundle, { transient: true }), { limit: 1000, on: 'x' })
    expect(Buffer.from(read).toString()).toBe(bytes.toString())
  })

  test('is no layer', async () => {
    const at = await counting(recentFacts())
    const layer = described('application/vnd.oci.image.layer.v1.tar')
    await at.read(layer)
    await at.read(layer)
    expect(at.opened()).toBe(2)
  })

  test('A-77: is hashed each time: other bytes under the name are refused, and fetched again', async () => {
    const refused: string[] = []
    const lying: FactsStore = {
      get: async () => Buffer.from('{"a bundle": fals}'),
      put: async () => undefined,
      refuse: (_, { message }) => void refused.push(message),
    }
    const at = await counting(lying)
    expect([await at.read(bundle), at.opened(), refused]).toEqual([
      bytes.toString(),
      1,
      ['remembered content does not have its digest'],
    ])
  })

  test('is of the size that is asked for', async () => {
    const at = await counting(recentFacts())
    await at.read(bundle)
    await expect(at.read({ ...bundle, size: bundle.size + 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:CONTENT_MISMATCH|NOT_FOUND)$/),
    })
  })
})

function entry(length: number): Buffer {
  return Buffer.alloc(length)
}

describe('facts in memory', () => {
  test('are within their number, the least lately used go first', async () => {
    const store = recentFacts(undefined, { bytes: 100, entries: 3 })
    for (const name of ['a', 'b', 'c']) await store.put(name, entry(10))
    await store.get('a')
    await store.put('d', entry(10))
    expect((await Promise.all(['a', 'b', 'c', 'd'].map(store.get))).map((each) => each?.length)).toEqual([
      10,
      undefined,
      10,
      10,
    ])
  })

  test('are within their bytes', async () => {
    const store = recentFacts(undefined, { bytes: 100, entries: 9 })
    for (const name of ['a', 'b', 'c']) await store.put(name, entry(10))
    await store.put('large', entry(85))
    expect((await Promise.all(['a', 'b', 'c', 'large'].map(store.get))).map((each) => each?.length)).toEqual([
      undefined,
      undefined,
      10,
      85,
    ])
    await store.put('too large', entry(101))
    expect(await store.get('too large')).toBeUndefined()
  })

  test('forget what is refused, and ask the place behind them for what they do not have', async () => {
    const kept = new Map([['x', entry(1)]])
    const refused: string[] = []
    const behind: FactsStore = {
      get: async (name) => kept.get(name),
      put: async (name, value) => void kept.set(name, value),
      refuse: (name) => void refused.push(name),
    }
    const store = recentFacts(behind)
    expect(await store.get('x')).toEqual(entry(1))
    kept.clear()
    expect(await store.get('x')).toEqual(entry(1))
    store.refuse('x', new Error('no'))
    expect([await store.get('x'), refused]).toEqual([undefined, ['x']])
    await store.put('y', entry(2))
    expect(kept.get('y')).toEqual(entry(2))
  })
})

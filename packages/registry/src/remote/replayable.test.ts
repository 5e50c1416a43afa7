import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ownedByReader } from '../owned-chunks.ts'
import { replayable, type Replayable } from './replayable.ts'

const window = 1000

async function* streamed(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

async function bytesOf(source: Replayable, from: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = []
  // Copied: the memory of a chunk is used again.
  for await (const chunk of source.read(from, length)) parts.push(Buffer.from(chunk))
  return Buffer.concat(parts)
}

async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(new Uint8Array(300))
  throw new Error('wrong digest')
}

/** Bytes that tell their position, in chunks of these sizes. */
function content(sizes: readonly number[]): { readonly chunks: readonly Uint8Array[]; readonly all: Buffer } {
  const size = sizes.reduce((sum, each) => sum + each, 0)
  const all = Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 2_654_435_761) >>> 13))
  let at = 0
  return { chunks: sizes.map((each) => Uint8Array.from(all.subarray(at, (at += each)))), all }
}

describe('what is read again', () => {
  test('is the same, wherever it begins within reach and however the stream was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2500 }), { maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
        async (sizes, cuts) => {
          const { chunks, all } = content(sizes)
          const source = replayable(streamed(chunks.map(ownedByReader)), window)
          let seen = 0
          for (const cut of cuts) {
            const until = Math.max(seen, Math.floor(all.byteLength * cut))
            const from = Math.max(0, seen - 500)
            expect(source.reaches(from)).toBe(true)
            expect(await bytesOf(source, from, until - from)).toEqual(all.subarray(from, until))
            seen = until
          }
          expect(await bytesOf(source, seen, all.byteLength)).toEqual(all.subarray(seen))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('reaches back as far as the window, and not to what nobody has read', async () => {
    const source = replayable(streamed(content([700, 700, 700, 700]).chunks), window)
    await bytesOf(source, 0, 2000)
    // A look ahead of one piece: the stream could have ended in an error there.
    expect([1099, 1100, 2100, 2101].map((from) => source.reaches(from))).toEqual([false, true, true, false])
    await expect(bytesOf(source, 1099, 10)).rejects.toBeInstanceOf(RangeError)
  })
})

test('chunks that were the reader’s alone are freed, others not', async () => {
  const { chunks } = content([300, 300])
  const [mine, others] = chunks
  if (mine === undefined || others === undefined) throw new Error('two chunks are needed')
  await bytesOf(replayable(streamed([ownedByReader(mine), others]), window), 0, 600)
  expect([mine.byteLength, others.byteLength]).toEqual([0, 300])
})

test('the last piece comes only when the stream behind them has ended well', async () => {
  const source = replayable(failing(), window)
  const got: number[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of source.read(0, 300)) got.push(chunk.byteLength)
  }
  await expect(reading()).rejects.toThrow('wrong digest')
  expect(got).toEqual([125, 125])
})

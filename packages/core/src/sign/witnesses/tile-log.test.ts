import { assert, asyncProperty, constant, integer, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditPath, leafHash } from '@assay/test-support/sigstore/merkle-tree'
import { tileAnswer } from '@assay/test-support/sigstore/tiles'
import { tileEntry, tilePath, tileProof, type ReadTile } from './tile-log.ts'

const entries = Array.from({ length: 600 }, (_, index) => Buffer.from(`entry ${index}`))

/** A log of the first entries that answers as long as the tiles are right. */
function log(size: number): ReadTile {
  return (tile) => {
    const answer = tileAnswer(entries.slice(0, size), tilePath(tile))
    if (answer.status !== 200) throw new Error(`no such tile: ${tilePath(tile)}`)
    return Promise.resolve(answer.body)
  }
}

const short: ReadTile = async (tile) => (await log(600)(tile)).subarray(0, -1)

describe('a log of tiles', () => {
  it('gives every entry, and the proof that hashing the whole tree gives', async () => {
    const sizes = integer({ min: 1, max: entries.length })
    const places = sizes.chain((size) => tuple(constant(size), integer({ min: 0, max: size - 1 })))
    await assert(
      asyncProperty(places, async ([size, index]) => {
        const at = { index: BigInt(index), treeSize: BigInt(size) }
        expect(Buffer.from((await tileEntry(log(size), at)) ?? []).toString()).toBe(`entry ${index}`)
        const leaves = entries.slice(0, size).map(leafHash)
        expect((await tileProof(log(size), at))?.map((hash) => Buffer.from(hash))).toEqual(
          auditPath(leaves, index).map((hash) => Buffer.from(hash)),
        )
      }),
      { numRuns: 12, examples: [[[1, 0]], [[256, 255]], [[257, 256]], [[512, 300]], [[600, 599]]] },
    )
  })

  it('of a tile or a bundle that is cut short gives nothing', async () => {
    expect(await tileProof(short, { index: 3n, treeSize: 600n })).toBeUndefined()
    expect(await tileEntry(short, { index: 599n, treeSize: 600n })).toBeUndefined()
    expect(
      await tileEntry(() => Promise.resolve(new Uint8Array()), { index: 0n, treeSize: 1n }),
    ).toBeUndefined()
  })

  it('is asked for tiles by paths of three digits', () => {
    expect(tilePath({ level: 0, index: 1234067n, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 'entries', index: 5n, width: 7 })).toBe('tile/entries/005.p/7')
    expect(tilePath({ level: 2, index: 1000n, width: 1 })).toBe('tile/2/x001/000.p/1')
  })
})

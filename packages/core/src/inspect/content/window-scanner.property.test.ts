import { array, assert, constantFrom, integer, oneof, property } from 'fast-check'
import { expect, test } from 'vitest'
import { overlapBytes, WindowScanner } from './window-scanner.ts'

interface Block {
  readonly bytes: Buffer
  readonly fresh: number
  readonly offset: number
}

/** Every four bytes of it stand nowhere else. */
const content = Buffer.from(Uint32Array.from({ length: 500_000 }, (_, at) => at).buffer)

function blocksOf(lengths: readonly number[]): {
  readonly blocks: readonly Block[]
  readonly length: number
} {
  const blocks: Block[] = []
  const scanner = new WindowScanner((block, { fresh, offset }) => {
    blocks.push({ bytes: Buffer.from(block), fresh, offset })
  })
  let at = 0
  for (const length of lengths) {
    const chunk = Buffer.from(content.subarray(at, at + length))
    at += chunk.length
    scanner.write(chunk)
    // Chunks are only valid while they are written.
    chunk.fill(0xff)
  }
  scanner.end()
  return { blocks, length: at }
}

const chunkLength = oneof(
  integer({ min: 1, max: 600_000 }),
  constantFrom(1, overlapBytes - 1, overlapBytes, 3 * overlapBytes - 1, 3 * overlapBytes, 4 * overlapBytes),
)

test('every stretch of the overlap lies whole in one block, and every byte is fresh once', () => {
  assert(
    property(array(chunkLength, { minLength: 1, maxLength: 8 }), (lengths) => {
      const { blocks, length } = blocksOf(lengths)
      let covered = 0
      for (const { bytes, fresh, offset } of blocks) {
        // Where it says, and from where the last block ended.
        expect(bytes.equals(content.subarray(offset, offset + bytes.length))).toBe(true)
        expect(offset + fresh).toBe(covered)
        expect(fresh).toBeGreaterThanOrEqual(Math.min(covered, overlapBytes))
        covered = offset + bytes.length
      }
      expect(covered).toBe(length)
    }),
    { numRuns: 60 },
  )
})

import { createHash } from 'node:crypto'
import { assert, constant, integer, nat, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leafHash, rootFromProof } from './merkle.ts'

function node(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest()
}

/** RFC 6962 §2.1, as it is written there. */
function treeHead(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only !== undefined && leaves.length === 1) return only
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return node(treeHead(leaves.slice(0, split)), treeHead(leaves.slice(split)))
}

/** RFC 6962 §2.1.1. */
function path(index: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length === 1) return []
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...path(index, left), treeHead(right)]
    : [...path(index - split, right), treeHead(left)]
}

const trees = integer({ min: 1, max: 70 }).chain((size) =>
  record({ size: constant(size), index: integer({ min: 0, max: size - 1 }) }),
)

describe('inclusion proofs', () => {
  test('every leaf of every tree leads to the root', () => {
    assert(
      property(trees, ({ size, index }) => {
        const leaves = Array.from({ length: size }, (_, at) => leafHash(Buffer.from(String(at))))
        const proof = { index: BigInt(index), treeSize: BigInt(size), hashes: path(index, leaves) }
        const leaf = leafHash(Buffer.from(String(index)))
        expect(rootFromProof(leaf, proof)).toEqual(treeHead(leaves))
      }),
    )
  })

  test('A-11: another index, size, leaf or hash leads elsewhere or nowhere', () => {
    assert(
      property(trees, nat(), ({ size, index }, pick) => {
        const leaves = Array.from({ length: size }, (_, at) => leafHash(Buffer.from(String(at))))
        const root = treeHead(leaves)
        const hashes = path(index, leaves)
        const leaf = leafHash(Buffer.from(String(index)))
        const right = { index: BigInt(index), treeSize: BigInt(size), hashes }
        const other = hashes.map((hash, at) => (at === pick % hashes.length ? leafHash(hash) : hash))
        expect(rootFromProof(leafHash(leaf), right)).not.toEqual(root)
        expect(rootFromProof(leaf, { ...right, hashes: [...hashes, root] })).toBe(undefined)
        expect(rootFromProof(leaf, { ...right, index: BigInt(size) })).toBe(undefined)
        expect(rootFromProof(leaf, { ...right, index: -1n })).toBe(undefined)
        expect(hashes.length === 0 || !rootFromProof(leaf, { ...right, hashes: other })?.equals(root)).toBe(
          true,
        )
        expect(
          hashes.length === 0 || !rootFromProof(leaf, { ...right, hashes: hashes.slice(1) })?.equals(root),
        ).toBe(true)
      }),
    )
  })

  test('A-14: the largest sizes are exact and quick', () => {
    const size = 2n ** 63n - 1n
    expect(rootFromProof(leafHash(Buffer.alloc(1)), { index: size - 1n, treeSize: size, hashes: [] })).toBe(
      undefined,
    )
    expect(rootFromProof(leafHash(Buffer.alloc(1)), { index: 0n, treeSize: 0n, hashes: [] })).toBe(undefined)
  })
})

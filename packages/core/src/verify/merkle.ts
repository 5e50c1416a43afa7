import { createHash } from 'node:crypto'

/** RFC 6962 §2.1: leaves and nodes are hashed with different first bytes. */
export function leafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(leaf)
    .digest()
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest()
}

export interface ProofPath {
  readonly index: bigint
  readonly treeSize: bigint
  readonly hashes: readonly Uint8Array[]
}

/**
 * RFC 9162 §2.1.3.2: the root that a leaf and its inclusion proof lead to; undefined where the proof is not one
 * of a tree of that size. Exact integers, and at most 64 rounds.
 */
export function rootFromProof(leaf: Buffer, path: ProofPath): Buffer | undefined {
  if (path.index < 0n || path.index >= path.treeSize || path.hashes.length > 64) return undefined
  let node = path.index
  let last = path.treeSize - 1n
  let root = leaf
  for (const hash of path.hashes) {
    if (last === 0n) return undefined
    if ((node & 1n) === 1n || node === last) {
      root = nodeHash(hash, root)
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      root = nodeHash(root, hash)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n ? root : undefined
}

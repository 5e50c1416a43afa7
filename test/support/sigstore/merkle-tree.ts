import { createHash } from 'node:crypto'

/** RFC 6962 §2.1: leaves and nodes are hashed under different prefixes. */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest()
}

/** The head of the tree over these leaf hashes. */
export function treeHead(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (only === undefined) return createHash('sha256').digest()
  if (leaves.length === 1) return only
  const split = splitOf(leaves.length)
  return nodeHash(treeHead(leaves.slice(0, split)), treeHead(leaves.slice(split)))
}

/** RFC 6962 §2.1.1: the audit path of the leaf at `index`, lowest first. */
export function auditPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length <= 1) return []
  const split = splitOf(leaves.length)
  return index < split
    ? [...auditPath(leaves.slice(0, split), index), treeHead(leaves.slice(split))]
    : [...auditPath(leaves.slice(split), index - split), treeHead(leaves.slice(0, split))]
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

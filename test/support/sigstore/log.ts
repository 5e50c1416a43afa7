import { auditPath, leafHash, treeHead } from './merkle-tree.ts'

/** An append-only log: canonical entries and the tree over them. */
export interface Log {
  readonly entries: readonly Uint8Array[]
  /** The index of the entry, whether it is new or was there before. */
  readonly append: (entry: Uint8Array) => { readonly index: number; readonly isNew: boolean }
  readonly proof: (index: number) => InclusionProof
}

export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly hashes: readonly Uint8Array[]
}

/** A log that already holds some entries, so that proofs are never of a tree of one. */
export function createLog(name: string): Log {
  const entries: Uint8Array[] = Array.from({ length: 5 }, (_, index) =>
    Buffer.from(`{"older":"${name} ${index}"}`),
  )

  function append(entry: Uint8Array): { index: number; isNew: boolean } {
    const known = entries.findIndex((other) => Buffer.from(other).equals(entry))
    if (known >= 0) return { index: known, isNew: false }
    entries.push(entry)
    return { index: entries.length - 1, isNew: true }
  }

  function proof(index: number): InclusionProof {
    const leaves = entries.map(leafHash)
    return { index, size: leaves.length, root: treeHead(leaves), hashes: auditPath(leaves, index) }
  }

  return { entries, append, proof }
}

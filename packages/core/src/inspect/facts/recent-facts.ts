import type { FactsStore } from './facts-store.ts'

export interface RecentLimits {
  /** Bytes of all entries. */
  readonly bytes: number
  readonly entries: number
}

const defaultLimits: RecentLimits = { bytes: 64 * 1024 * 1024, entries: 10_000 }

/**
 * Facts in the memory of a process, the least lately used of which go first, in front of a place that keeps them for
 * longer, if there is one.
 */
export function recentFacts(behind?: FactsStore, limits: RecentLimits = defaultLimits): FactsStore {
  // A Map keeps the order in which its keys came in.
  const kept = new Map<string, Buffer>()
  let size = 0
  const remove = (name: string): void => {
    size -= kept.get(name)?.byteLength ?? 0
    kept.delete(name)
  }
  const add = (name: string, bytes: Buffer): void => {
    remove(name)
    if (bytes.byteLength > limits.bytes) return
    kept.set(name, bytes)
    size += bytes.byteLength
    for (const oldest of kept.keys()) {
      if (size <= limits.bytes && kept.size <= limits.entries) break
      remove(oldest)
    }
  }
  return {
    get: async (name) => {
      const bytes = kept.get(name) ?? (await behind?.get(name))
      if (bytes !== undefined) add(name, bytes)
      return bytes
    },
    put: async (name, bytes) => {
      add(name, bytes)
      await behind?.put(name, bytes)
    },
    refuse: (name, reason) => {
      remove(name)
      behind?.refuse(name, reason)
    },
  }
}

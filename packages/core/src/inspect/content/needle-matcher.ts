/** Finds many short byte strings in one pass. */
export interface NeedleMatcher {
  /** The length of the longest needle. */
  readonly longest: number
  /** Calls `hit` with every needle that lies in the block from `from` on, and its position. */
  readonly scan: (block: Buffer, from: number, hit: (needle: number, at: number) => void) => void
}

/**
 * Wu-Manber: looks at pairs of bytes near the end of where the shortest needle could stand, and skips as far as no
 * needle can begin. Needles are byte strings (one character per byte) of at least 3 bytes.
 */
export function needleMatcher(needles: readonly string[]): NeedleMatcher {
  const bytes = needles.map((needle) => Buffer.from(needle, 'latin1'))
  const shortest = Math.min(...bytes.map((needle) => needle.length))
  const shifts = new Uint8Array(65_536).fill(Math.min(255, shortest - 1))
  const buckets = new Map<number, number[]>()
  for (const [index, needle] of bytes.entries()) {
    for (let at = 1; at < shortest; at++) {
      const pair = pairAt(needle, at)
      const shift = shortest - 1 - at
      if (shift < (shifts[pair] ?? 0)) shifts[pair] = shift
      if (shift === 0) buckets.set(pair, [...(buckets.get(pair) ?? []), index])
    }
  }
  return {
    longest: Math.max(...bytes.map((needle) => needle.length)),
    scan(block, from, hit) {
      const end = block.length
      let at = from + shortest - 1
      while (at < end) {
        const pair = ((block[at - 1] ?? 0) << 8) | (block[at] ?? 0)
        const shift = shifts[pair] ?? 1
        if (shift > 0) {
          at += shift
          continue
        }
        const start = at - shortest + 1
        for (const index of buckets.get(pair) ?? []) {
          if (standsAt(block, start, bytes[index])) hit(index, start)
        }
        at += 1
      }
    },
  }
}

function pairAt(bytes: Buffer, at: number): number {
  return ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0)
}

function standsAt(block: Buffer, start: number, needle: Buffer | undefined): boolean {
  if (needle === undefined || start + needle.length > block.length) return false
  for (let at = 0; at < needle.length; at++) if (block[start + at] !== needle[at]) return false
  return true
}

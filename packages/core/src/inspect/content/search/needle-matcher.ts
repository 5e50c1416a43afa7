import { anchorBytes, anchorFinder, searchBytes } from './anchor-finder.ts'

/** Finds many short byte strings in one pass. */
export interface NeedleMatcher {
  /** The length of the longest needle. */
  readonly longest: number
  /** Calls `hit` with every needle that lies in the block from `from` on, and its position. */
  readonly scan: (block: Buffer, from: number, hit: (needle: number, at: number) => void) => void
}

/** Needles are byte strings (one character per byte) of at least 4 bytes. */
export function needleMatcher(needles: readonly string[]): NeedleMatcher {
  const anchored = needles.map((needle, index): AnchoredNeedle => {
    const bytes = Buffer.from(needle, 'latin1')
    const inNeedle = rarestStretch(bytes)
    return { index, bytes, inNeedle, anchor: bytes.readUInt32LE(inNeedle) }
  })
  const byAnchor = Map.groupBy(anchored, ({ anchor }) => anchor)
  const finder = anchorFinder(
    anchored.map(({ bytes, inNeedle }) => bytes.subarray(inNeedle, inNeedle + anchorBytes)),
  )
  return {
    longest: Math.max(...anchored.map(({ bytes }) => bytes.length)),
    scan(block, from, hit) {
      // Parts overlap by what an anchor across their border has in the first of them.
      for (let start = from; start + anchorBytes <= block.length; start += searchBytes - anchorBytes + 1) {
        // Not by `set`, which takes four times as long from memory that threads share.
        const length = block.copy(finder.bytes, 0, start, start + searchBytes)
        const end = length - anchorBytes + 1
        for (let at = finder.find(0, end); at < end; at = finder.find(at + 1, end)) {
          const found = byAnchor.get(block.readUInt32LE(start + at)) ?? none
          for (const { index, bytes, inNeedle } of found) {
            const begin = start + at - inNeedle
            if (begin >= from && standsAt(block, begin, bytes)) hit(index, begin)
          }
        }
      }
    },
  }
}

interface AnchoredNeedle {
  readonly index: number
  readonly bytes: Buffer
  /** Where in the needle its anchor begins. */
  readonly inNeedle: number
  readonly anchor: number
}

const none: readonly AnchoredNeedle[] = []

/** Where four bytes stand together that texts and programs have seldom: few small letters, spaces and NULs. */
function rarestStretch(needle: Buffer): number {
  const starts = Array.from({ length: needle.length - anchorBytes + 1 }, (_, start) => start)
  const commonness = (start: number): number =>
    needle.subarray(start, start + anchorBytes).reduce((sum, byte) => sum + commonnessOf(byte), 0)
  return starts.reduce((best, start) => (commonness(start) < commonness(best) ? start : best), 0)
}

function commonnessOf(byte: number): number {
  if (byte === 0 || byte === 0x20) return 6
  const letter = String.fromCharCode(byte)
  if (/[etaoinsr]/.test(letter)) return 5
  if (/[a-z]/.test(letter)) return 4
  return /[0-9A-Z_-]/.test(letter) ? 2 : 1
}

function standsAt(block: Buffer, start: number, needle: Buffer): boolean {
  // Behind the end of the block there is nothing, which is like no byte.
  for (let at = 0; at < needle.length; at++) if (block[start + at] !== needle[at]) return false
  return true
}

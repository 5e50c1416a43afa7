import { nodeHash } from '../../verify/merkle.ts'

/** Reads one tile, or one bundle of entries, of `width` nodes: 256, or fewer at the end of the log. */
export type ReadTile = (tile: {
  readonly level: number | 'entries'
  readonly index: bigint
  readonly width: number
}) => Promise<Uint8Array>

const tileHeight = 8n
const tileWidth = 256n
const hashLength = 32

/** Where a tile lies under the log's URL (C2SP tlog-tiles, "Merkle Tree"): three digits a segment. */
export function tilePath(tile: Parameters<ReadTile>[0]): string {
  const digits = String(tile.index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? []
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
  const partial = tile.width === Number(tileWidth) ? '' : `.p/${tile.width}`
  return `tile/${tile.level}/${path}${partial}`
}

/**
 * The entry at an index: bundles are entries one after the other, each behind two bytes of length.
 * @returns undefined where the bundle holds no such entry
 */
export async function tileEntry(
  read: ReadTile,
  at: { readonly index: bigint; readonly treeSize: bigint },
): Promise<Uint8Array | undefined> {
  const index = at.index / tileWidth
  const bundle = Buffer.from(await read({ level: 'entries', index, width: widthOf(index, at.treeSize) }))
  let start = 0
  for (let number = at.index % tileWidth; start + 2 <= bundle.byteLength; number -= 1n) {
    const end = start + 2 + bundle.readUInt16BE(start)
    if (number === 0n) return end <= bundle.byteLength ? bundle.subarray(start + 2, end) : undefined
    start = end
  }
  return undefined
}

/**
 * The inclusion proof of a leaf (RFC 6962 §2.1.1), made of the tiles of the log.
 * @returns undefined where a tile is not of the length that it should be
 */
export async function tileProof(
  read: ReadTile,
  at: { readonly index: bigint; readonly treeSize: bigint },
): Promise<readonly Uint8Array[] | undefined> {
  const hashes: Uint8Array[] = []
  let [low, high] = [0n, at.treeSize]
  // From the root down: each round halves the tree, so that there are no more than 64.
  while (high - low > 1n) {
    const middle = low + splitOf(high - low)
    const [sibling, next] = at.index < middle ? ([middle, high] as const) : ([low, middle] as const)
    // oxlint-disable-next-line no-await-in-loop -- a few tiles, most of them read once
    const hash = await rangeHash(read, { low: sibling, high: next }, at.treeSize)
    if (hash === undefined) return undefined
    hashes.unshift(hash)
    if (at.index < middle) high = middle
    else low = middle
  }
  return hashes
}

interface Range {
  readonly low: bigint
  readonly high: bigint
}

async function rangeHash(
  read: ReadTile,
  { low, high }: Range,
  treeSize: bigint,
): Promise<Buffer | undefined> {
  const size = high - low
  if ((size & (size - 1n)) === 0n) return await subtreeHash(read, { low, high }, treeSize)
  const middle = low + splitOf(size)
  const left = await rangeHash(read, { low, high: middle }, treeSize)
  const right = await rangeHash(read, { low: middle, high }, treeSize)
  return left && right && nodeHash(left, right)
}

/** A full subtree: its hash stands in a tile, or follows from a few neighbours in one. */
async function subtreeHash(
  read: ReadTile,
  { low, high }: Range,
  treeSize: bigint,
): Promise<Buffer | undefined> {
  let level = 0n
  while (high - low >= 1n << (tileHeight * (level + 1n))) level += 1n
  const shift = tileHeight * level
  const [first, count] = [low >> shift, Number((high - low) >> shift)]
  const index = first / tileWidth
  const width = widthOf(index, treeSize >> shift)
  const tile = Buffer.from(await read({ level: Number(level), index, width }))
  const start = Number(first % tileWidth)
  if (tile.byteLength !== width * hashLength || start + count > width) return undefined
  let nodes: readonly Buffer[] = Array.from({ length: count }, (_, at) =>
    tile.subarray((start + at) * hashLength, (start + at + 1) * hashLength),
  )
  while (nodes.length > 1)
    nodes = nodes.flatMap((node, at) => (at % 2 === 0 ? [nodeHash(node, nodes[at + 1] ?? node)] : []))
  return nodes[0]
}

function widthOf(index: bigint, nodes: bigint): number {
  const rest = nodes - index * tileWidth
  return Number(rest < tileWidth ? rest : tileWidth)
}

/** The largest power of two below `size`. */
function splitOf(size: bigint): bigint {
  let split = 1n
  while (split * 2n < size) split *= 2n
  return split
}

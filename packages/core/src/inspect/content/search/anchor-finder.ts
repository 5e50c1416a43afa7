import { op, wasmFunction, wasmMemory, type WasmCode } from './wasm-function.ts'

/** Bytes by which a needle is looked for: four of it that stand together. */
export const anchorBytes = 4

/** How many bytes are searched at a time: they, and the tables, stay in the fastest caches. */
export const searchBytes: number = 64 * 1024

/** Looks for the anchors of many needles at once. */
export interface AnchorFinder {
  /** Where the bytes to search are written; anchors may end in the `slack` bytes behind them. */
  readonly bytes: Uint8Array
  /** The first place from `from` on and before `to` where an anchor may stand; `to` if there is none. */
  readonly find: (from: number, to: number) => number
}

/**
 * Tests sixteen places at a time: for each of four bytes, what its lower and its upper half leave of eight groups of
 * anchors ("Teddy", of Hyperscan). What is left then is looked up among the hashes of all anchors, so that nearly all
 * places that are found are right. WebAssembly, because JavaScript has no such instructions.
 */
export function anchorFinder(anchors: readonly Uint8Array[]): AnchorFinder {
  const memory = wasmMemory(2)
  const tables = new Uint8Array(memory.buffer, 0, searchAt)
  for (const [index, anchor] of sorted(anchors).entries()) {
    const group = 1 << Math.floor((index * groups) / anchors.length)
    for (const [place, byte] of anchor.entries()) {
      mark(tables, place * 32 + (byte & 15), group)
      mark(tables, place * 32 + 16 + (byte >> 4), group)
    }
    const hash = hashOf(anchor)
    mark(tables, hashesAt + (hash >> 3), 1 << (hash & 7))
  }
  const run = wasmFunction({ code: finder, vectors }, memory)
  return {
    bytes: new Uint8Array(memory.buffer, searchAt, searchBytes + slack),
    find: (from, to) => run(searchAt + from, searchAt + to) - searchAt,
  }
}

const groups = 8
/** Sixteen places and an anchor may reach behind the last byte. */
const slack = 32
/** In memory: eight tables of sixteen bytes, one bit for each hash, the bytes to search. */
const hashesAt = 128
const searchAt = 16 * 1024
const hashFactor = 0x9e3779b1

function hashOf(anchor: Uint8Array): number {
  const word = anchor.reduceRight((value, byte) => (value << 8) | byte, 0)
  return Math.imul(word, hashFactor) >>> 16
}

function mark(tables: Uint8Array, at: number, bit: number): void {
  tables[at] = (tables[at] ?? 0) | bit
}

/** Anchors that begin alike go into one group: the fewer different bytes in a group, the less it finds wrongly. */
function sorted(anchors: readonly Uint8Array[]): readonly Uint8Array[] {
  return anchors.toSorted((a, b) => Buffer.compare(a, b))
}

// Parameters and locals of the function.
const [from, to, mask, at, hash] = [0, 1, 2, 3, 4]
const [left, lower, upper, table] = [5, 6, 7, 8]
/** For each place but the last: which groups its byte leaves, here and in the sixteen positions before. */
const [here, before] = [table + 2 * anchorBytes, table + 3 * anchorBytes - 1]
const vectors = before + anchorBytes - 1 - left

/** Which groups the bytes leave that stand at one place of the anchors, for sixteen positions. */
function groupsOf(place: number): WasmCode {
  return [
    [op.localGet(table + 2 * place), op.localGet(lower), op.i8x16RelaxedSwizzle],
    [op.localGet(table + 2 * place + 1), op.localGet(upper), op.i8x16RelaxedSwizzle, op.v128And],
  ].flat(2)
}

/** And those that the bytes before left: the groups of a place, moved to where the last byte of the anchor stands. */
function andGroupsBefore(place: number): WasmCode {
  return [
    [op.localGet(before + place), groupsOf(place), op.localTee(here + place)],
    [op.i8x16Shuffle(16 - (anchorBytes - 1 - place)), op.v128And],
    [op.localGet(here + place), op.localSet(before + place)],
  ].flat(2)
}

const loadTables: WasmCode = Array.from({ length: 2 * anchorBytes }, (_, index) => [
  op.i32Const(index * 16),
  op.v128Load(0),
  op.localSet(table + index),
]).flat(2)

/** Each turn tests the anchors that end in the next sixteen bytes. */
const finder: WasmCode = [
  [loadTables, op.block, op.loop],
  [op.localGet(from), op.localGet(to), op.i32Const(anchorBytes - 1), op.i32Add],
  [op.i32GreaterOrEqual, op.branchIf(1)],
  [op.localGet(from), op.v128Load(0), op.localTee(left), op.v128Splat(15), op.v128And, op.localSet(lower)],
  [op.localGet(left), op.i32Const(4), op.i8x16ShiftRight, op.localSet(upper)],
  [groupsOf(3), andGroupsBefore(2), andGroupsBefore(1), andGroupsBefore(0)],
  [op.localTee(left), op.v128AnyTrue, op.if],
  // One bit for each position that is left.
  [op.localGet(left), op.v128Splat(0), op.i8x16NotEqual, op.i8x16Bitmask, op.localSet(mask)],
  [op.loop, op.localGet(from), op.localGet(mask), op.i32TrailingZeros, op.i32Add],
  [op.i32Const(anchorBytes - 1), op.i32Subtract, op.localTee(at)],
  [op.localGet(to), op.i32GreaterOrEqual, op.if, op.localGet(to), op.return, op.end],
  [op.localGet(at), op.i32Load, op.i32Const(hashFactor | 0), op.i32Multiply],
  [op.i32Const(16), op.i32ShiftRight, op.localTee(hash)],
  [op.i32Const(3), op.i32ShiftRight, op.i32LoadByte(hashesAt)],
  [op.localGet(hash), op.i32Const(7), op.i32And, op.i32ShiftRight, op.i32Const(1), op.i32And],
  [op.if, op.localGet(at), op.return, op.end],
  // The lowest bit is done with.
  [op.localGet(mask), op.localGet(mask), op.i32Const(1), op.i32Subtract, op.i32And],
  [op.localTee(mask), op.branchIf(0), op.end, op.end],
  [op.localGet(from), op.i32Const(16), op.i32Add, op.localSet(from), op.branch(0)],
  [op.end, op.end, op.localGet(to)],
].flat(2)

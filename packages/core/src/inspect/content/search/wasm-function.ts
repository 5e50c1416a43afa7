/** Code of a WebAssembly function, without its end. */
export type WasmCode = readonly number[]

/** The part of the standard that this uses; the type library of Node does not declare it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: { readonly e: { readonly m: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

/** A memory of so many pages of 64 KiB, which does not grow. */
export function wasmMemory(pages: number): WasmMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages })
}

/**
 * Compiles one function (i32, i32) → i32 that works on a memory. Its locals after the parameters: three i32, and as
 * many v128 as it says.
 */
export function wasmFunction(
  { code, vectors }: { readonly code: WasmCode; readonly vectors: number },
  memory: WasmMemory,
): (first: number, second: number) => number {
  const locals = [2, 3, i32, ...unsigned(vectors), v128]
  const body = [...locals, ...code, ...op.end]
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...header,
      ...section(1, [1, 0x60, 2, i32, i32, 1, i32]),
      // The memory is imported as `e.m`, with at least two pages.
      ...section(2, [1, 1, 0x65, 1, 0x6d, 0x02, 0x01, 2, 2]),
      ...section(3, [1, 0]),
      ...section(7, [1, 1, 0x66, 0, 0]),
      ...section(10, [1, ...unsigned(body.length), ...body]),
    ]),
  )
  const f = new WebAssembly.Instance(module, { e: { m: memory } }).exports['f']
  if (typeof f !== 'function') throw new Error('the WebAssembly module has no function')
  return (first, second) => Number(f(first, second))
}

/** The magic number, and version 1. */
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const i32 = 0x7f
const v128 = 0x7b

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...unsigned(content.length), ...content]
}

/** Instructions (WebAssembly 3.0 §5.4, with relaxed vectors); offsets of loads are from the address on the stack, unaligned. */
export const op: Readonly<Record<Plain, WasmCode> & Record<WithOperand, (operand: number) => WasmCode>> = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  return: [0x0f],
  branch: (depth: number) => [0x0c, depth],
  branchIf: (depth: number) => [0x0d, depth],
  localGet: (index: number) => [0x20, index],
  localSet: (index: number) => [0x21, index],
  localTee: (index: number) => [0x22, index],
  i32Load: [0x28, 0, 0],
  i32LoadByte: (offset: number) => [0x2d, 0, ...unsigned(offset)],
  i32Const: (value: number) => [0x41, ...signed(value)],
  i32GreaterOrEqual: [0x4f],
  i32TrailingZeros: [0x68],
  i32Add: [0x6a],
  i32Subtract: [0x6b],
  i32Multiply: [0x6c],
  i32And: [0x71],
  i32ShiftRight: [0x76],
  v128Load: (offset: number) => [0xfd, 0x00, 0, ...unsigned(offset)],
  v128Splat: (byte: number) => [0xfd, 0x0c, ...Array.from({ length: 16 }, () => byte)],
  v128And: [0xfd, 0x4e],
  v128AnyTrue: [0xfd, 0x53],
  /** Sixteen bytes from this index on of two vectors behind each other. */
  i8x16Shuffle: (first: number) => [0xfd, 0x0d, ...Array.from({ length: 16 }, (_, lane) => first + lane)],
  /** Only for indices below 16: what others give is left open. */
  i8x16RelaxedSwizzle: [0xfd, 0x80, 0x02],
  i8x16NotEqual: [0xfd, 0x24],
  i8x16Bitmask: [0xfd, 0x64],
  i8x16ShiftRight: [0xfd, 0x6d],
}

type Plain =
  | 'block'
  | 'loop'
  | 'if'
  | 'end'
  | 'return'
  | 'i32Load'
  | 'i32GreaterOrEqual'
  | 'i32TrailingZeros'
  | 'i32Add'
  | 'i32Subtract'
  | 'i32Multiply'
  | 'i32And'
  | 'i32ShiftRight'
  | 'v128And'
  | 'v128AnyTrue'
  | 'i8x16RelaxedSwizzle'
  | 'i8x16NotEqual'
  | 'i8x16Bitmask'
  | 'i8x16ShiftRight'

type WithOperand =
  | 'branch'
  | 'branchIf'
  | 'localGet'
  | 'localSet'
  | 'localTee'
  | 'i32LoadByte'
  | 'i32Const'
  | 'v128Load'
  | 'v128Splat'
  | 'i8x16Shuffle'

/** LEB128. */
function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): readonly number[] {
  const byte = value & 0x7f
  const rest = value >> 7
  const last = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)
  return last ? [byte] : [byte | 0x80, ...signed(rest)]
}

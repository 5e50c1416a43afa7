import { LayerError } from './layer-error.ts'
import type { PaxRecords } from './pax.ts'
import { blockSize } from './tar-block.ts'
import { parseDecimal, parseNumeric } from './tar-number.ts'

/** A stretch of data in a sparse file; everything between stretches is zeros. */
export interface SparseStretch {
  readonly offset: number
  readonly length: number
}

/** Which PAX sparse format an entry uses, as Go's archive/tar decides it. */
export function paxSparseKind(records: PaxRecords): 'none' | 'map-in-records' | 'map-in-content' {
  const version = `${records.get('GNU.sparse.major') ?? ''}.${records.get('GNU.sparse.minor') ?? ''}`
  if (version === '0.0' || version === '0.1') return 'map-in-records'
  if (version === '1.0') return 'map-in-content'
  if (version !== '.') return 'none'
  return (records.get('GNU.sparse.map') ?? '') === '' ? 'none' : 'map-in-records'
}

/** The map of the sparse formats 0.0 and 0.1. */
export function sparseMapOf(records: PaxRecords): readonly SparseStretch[] {
  const count = parseDecimal(records.get('GNU.sparse.numblocks') ?? '')
  const text = records.get('GNU.sparse.map') ?? ''
  const numbers = text === '' ? [] : text.split(',').map(parseDecimal)
  if (count < 0 || numbers.length !== 2 * count) throw malformed()
  return stretches(numbers)
}

/** Collects a sparse map that stands in blocks of its own before the data. */
export interface SparseMapReader {
  /** Whether these blocks count as content of the entry (format 1.0) or stand before it (old GNU). */
  readonly insideContent: boolean
  /** Adds one block; the map, once it is complete. */
  readonly add: (block: Buffer) => readonly SparseStretch[] | undefined
}

/** Format 1.0: decimal numbers, one a line, the count first, padded to whole blocks. */
export function textMapReader(): SparseMapReader {
  let count: number | undefined
  let begun = ''
  const numbers: number[] = []
  return {
    insideContent: true,
    add(block) {
      const lines = block.toString('latin1').split('\n')
      for (const [index, part] of lines.entries()) {
        begun += part
        // No number is that long: what has no line breaks is not collected.
        if (begun.length > blockSize) throw malformed()
        if (index === lines.length - 1) break
        const number = parseDecimal(begun)
        begun = ''
        if (count === undefined) count = number
        else numbers.push(number)
        if (count < 0) throw malformed()
        if (numbers.length === 2 * count) return stretches(numbers)
      }
      return undefined
    },
  }
}

/** Old GNU: four stretches in the header, and 21 in each extension block while the flag at its end says so. */
export function oldGnuMapReader(): SparseMapReader {
  const found: SparseStretch[] = []
  let inHeader = true
  return {
    insideContent: false,
    add(block) {
      found.push(...(inHeader ? oldGnuStretches(block, 386, 4) : oldGnuStretches(block, 0, 21)))
      const more = block[inHeader ? 482 : 504] !== 0
      inHeader = false
      return more ? undefined : found
    },
  }
}

/** The stretches in a block of the old GNU format, from `start` on; a zero byte ends the list early. */
function oldGnuStretches(block: Buffer, start: number, count: number): readonly SparseStretch[] {
  const found: SparseStretch[] = []
  for (let at = start; at < start + 24 * count && block[at] !== 0; at += 24) {
    found.push({ offset: parseNumeric(block, at, at + 12), length: parseNumeric(block, at + 12, at + 24) })
  }
  return found
}

/** The name and size that PAX sparse records give to an entry. */
export function sparseNameAndSize(
  records: PaxRecords,
  stored: { readonly path: string; readonly size: number },
): { readonly path: string; readonly size: number } {
  const size = records.get('GNU.sparse.size') || (records.get('GNU.sparse.realsize') ?? '')
  return {
    path: records.get('GNU.sparse.name') || stored.path,
    size: size === '' ? stored.size : parseDecimal(size),
  }
}

/** Refuses maps that overlap, run backwards or leave the file. */
export function checkSparseMap(map: readonly SparseStretch[], size: number): void {
  if (size < 0) throw malformed()
  let end = 0
  for (const stretch of map) {
    const outside = stretch.offset < end || stretch.length < 0 || stretch.offset + stretch.length > size
    if (outside) throw malformed()
    end = stretch.offset + stretch.length
  }
}

function stretches(numbers: readonly number[]): readonly SparseStretch[] {
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[2 * index] ?? 0,
    length: numbers[2 * index + 1] ?? 0,
  }))
}

function malformed(): LayerError {
  return new LayerError('MALFORMED_TAR', 'a sparse file has a malformed map')
}

import { LayerError } from './layer-error.ts'

/**
 * Reads a numeric header field as Go's archive/tar does: base-256 (two's complement, big endian) if the first
 * bit is set, else octal. Numbers beyond 2^53 lose precision; sizes of that kind are refused by the caller.
 * @throws LayerError MALFORMED_TAR
 */
export function parseNumeric(block: Uint8Array, start: number, end: number): number {
  const first = block[start] ?? 0
  return (first & 0x80) === 0 ? parseOctal(block, start, end) : parseBase256(block, start, end)
}

/** Reads an octal field: spaces and NULs around it do not count, a NUL inside ends it. */
export function parseOctal(block: Uint8Array, start: number, end: number): number {
  let from = start
  let to = end
  while (from < to && isPadding(block[from])) from++
  while (to > from && isPadding(block[to - 1])) to--
  let value = 0
  for (let at = from; at < to; at++) {
    const byte = block[at] ?? 0
    if (byte === 0) break
    if (byte < 0x30 || byte > 0x37) throw malformedNumber('an octal number')
    value = value * 8 + (byte - 0x30)
  }
  return value
}

/** Reads decimal text as Go's `strconv.ParseInt(text, 10, 64)`. */
export function parseDecimal(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw malformedNumber('a decimal number')
  const value = Number(text)
  if (value >= 2 ** 63 || value < -(2 ** 63)) throw malformedNumber('a number of 64 bits')
  return value
}

function parseBase256(block: Uint8Array, start: number, end: number): number {
  const negative = ((block[start] ?? 0) & 0x40) !== 0
  const mask = negative ? 0xff : 0
  let value = 0
  for (let at = start; at < end; at++) {
    const byte = ((block[at] ?? 0) ^ mask) & (at === start ? 0x7f : 0xff)
    if (value >= 2 ** 56) throw malformedNumber('a number of 64 bits')
    value = value * 256 + byte
  }
  if (value >= 2 ** 63) throw malformedNumber('a number of 64 bits')
  return negative ? -value - 1 : value
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

function malformedNumber(expected: string): LayerError {
  return new LayerError('MALFORMED_TAR', 'a header field is not a number', { expected })
}

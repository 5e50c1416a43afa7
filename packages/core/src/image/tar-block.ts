import { LayerError } from './layer-error.ts'
import { parseNumeric, parseOctal } from './tar-number.ts'

export const blockSize = 512

/** The fields of one header block, before extended headers are applied. Texts have one character per byte. */
export interface TarBlock {
  readonly format: TarFormat
  readonly typeFlag: string
  readonly name: string
  readonly linkName: string
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** A GNU header whose prefix field was used as a prefix: Go does so, other readers do not. */
  readonly gnuPrefix: boolean
}

type TarFormat = 'v7' | 'ustar' | 'star' | 'gnu'

/**
 * Reads a header block the way Go's archive/tar does (`readHeader`), the checksum first.
 * @throws LayerError MALFORMED_TAR
 */
export function parseBlock(block: Buffer): TarBlock {
  const format = formatOf(block)
  const hasDevices = format !== 'v7'
  // The time is not reported, but Go refuses a header whose time is not a number.
  parseNumeric(block, 136, 148)
  const prefix = format === 'v7' ? '' : prefixOf(block, format)
  const name = textAt(block, 0, 100)
  return {
    format,
    typeFlag: typeFlags[block[156] ?? 0] ?? '\0',
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textAt(block, 157, 257),
    size: parseNumeric(block, 124, 136),
    mode: parseNumeric(block, 100, 108),
    uid: parseNumeric(block, 108, 116),
    gid: parseNumeric(block, 116, 124),
    deviceMajor: hasDevices ? parseNumeric(block, 329, 337) : 0,
    deviceMinor: hasDevices ? parseNumeric(block, 337, 345) : 0,
    gnuPrefix: format === 'gnu' && prefix !== '',
  }
}

const typeFlags: readonly string[] = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))

/** Text up to the first NUL, at most to `end`, one character per byte. */
export function textAt(block: Buffer, start: number, end: number): string {
  let to = start
  while (to < end && block[to] !== 0) to++
  return to === start ? '' : block.toString('latin1', start, to)
}

function formatOf(block: Buffer): TarFormat {
  if (!checksumHolds(block)) {
    throw new LayerError('MALFORMED_TAR', 'a header does not have its checksum')
  }
  // v7 headers aside, all begin with `ustar`.
  if (block[257] !== 0x75) return 'v7'
  const magic = block.toString('latin1', 257, 265)
  if (magic === 'ustar  \0') return 'gnu'
  if (magic.startsWith('ustar\0')) return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar'
  return 'v7'
}

/** The sum of all bytes, its own field counted as spaces; old writers summed signed bytes, which Go accepts too. */
function checksumHolds(block: Buffer): boolean {
  const expected = parseOctal(block, 148, 156)
  block.copy(words)
  let even = 0
  let odd = 0
  let high = 0
  // Four bytes at a time: two sums of 16 bits in each number, which 128 words cannot overflow.
  for (let at = 0; at < sums.length; at++) {
    const word = sums[at] ?? 0
    even += word & 0x00ff00ff
    odd += (word >>> 8) & 0x00ff00ff
    high |= word
  }
  let sum = (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16)
  for (let at = 148; at < 156; at++) sum += 0x20 - (block[at] ?? 0)
  return expected === sum || ((high & 0x80808080) !== 0 && expected === sum - 256 * highBytes(block))
}

/** One block, aligned for reading four bytes at a time. */
const words = Buffer.from(new ArrayBuffer(blockSize))
const sums = new Int32Array(words.buffer)

/** How many bytes have their first bit set, the checksum itself aside. */
function highBytes(block: Buffer): number {
  let high = 0
  for (let at = 0; at < blockSize; at++) if (at < 148 || at >= 156) high += (block[at] ?? 0) >> 7
  return high
}

function prefixOf(block: Buffer, format: TarFormat): string {
  if (format === 'ustar') return textAt(block, 345, 500)
  if (format === 'star') {
    parseNumeric(block, 476, 488)
    parseNumeric(block, 488, 500)
    return textAt(block, 345, 476)
  }
  return gnuTimesHold(block) ? '' : asciiOnly(textAt(block, 345, 500))
}

/**
 * Go wrote a prefix into GNU headers before 1.8, where access and change time belong; if those are no numbers,
 * its reader still takes them as a prefix (golang.org/issues/12594 and 21005).
 */
function gnuTimesHold(block: Buffer): boolean {
  return isNumeric(block, 345, 357) && isNumeric(block, 357, 369)
}

function isNumeric(block: Buffer, start: number, end: number): boolean {
  if (block[start] === 0) return true
  try {
    parseNumeric(block, start, end)
    return true
  } catch (error) {
    if (error instanceof LayerError && error.code === 'MALFORMED_TAR') return false
    throw error
  }
}

function asciiOnly(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII is what Go tests for, control characters included
  return /^[\0-\x7f]*$/.test(text) ? text : ''
}

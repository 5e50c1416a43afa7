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
  const v7 = {
    format,
    typeFlag: String.fromCharCode(block[156] ?? 0),
    name: textAt(block, 0, 100),
    linkName: textAt(block, 157, 257),
    size: parseNumeric(block, 124, 136),
    mode: parseNumeric(block, 100, 108),
    uid: parseNumeric(block, 108, 116),
    gid: parseNumeric(block, 116, 124),
    deviceMajor: 0,
    deviceMinor: 0,
    gnuPrefix: false,
  }
  // The time is not reported, but Go refuses a header whose time is not a number.
  parseNumeric(block, 136, 148)
  if (format === 'v7') return v7
  const prefix = prefixOf(block, format)
  return {
    ...v7,
    deviceMajor: parseNumeric(block, 329, 337),
    deviceMinor: parseNumeric(block, 337, 345),
    name: prefix === '' ? v7.name : `${prefix}/${v7.name}`,
    gnuPrefix: format === 'gnu' && prefix !== '',
  }
}

/** Text up to the first NUL, at most to `end`, one character per byte. */
export function textAt(block: Buffer, start: number, end: number): string {
  let to = start
  while (to < end && block[to] !== 0) to++
  return block.toString('latin1', start, to)
}

function formatOf(block: Buffer): TarFormat {
  if (!checksumHolds(block)) {
    throw new LayerError('MALFORMED_TAR', 'a header does not have its checksum')
  }
  const magic = block.toString('latin1', 257, 265)
  if (magic.startsWith('ustar\0')) return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar'
  return magic === 'ustar  \0' ? 'gnu' : 'v7'
}

/** The sum of all bytes, its own field counted as spaces; old writers summed signed bytes, which Go accepts too. */
function checksumHolds(block: Buffer): boolean {
  const expected = parseOctal(block, 148, 156)
  let sum = 0
  let high = 0
  for (let at = 0; at < blockSize; at++) {
    const byte = block[at] ?? 0
    sum += byte
    high += byte >> 7
  }
  for (let at = 148; at < 156; at++) {
    const byte = block[at] ?? 0
    sum += 0x20 - byte
    high -= byte >> 7
  }
  return expected === sum || expected === sum - 256 * high
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

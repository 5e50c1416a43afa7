import { isUtf8 } from 'node:buffer'

/** One DER value (X.690): its tag, its content, and the bytes of the whole. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  readonly bytes: Uint8Array
}

/** The bytes are not DER; callers turn it into an error of their own. */
export class DerError extends Error {}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const

/** Reads exactly one value; bytes after it are refused. */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0)
  if (value.bytes.byteLength !== bytes.byteLength) throw new DerError('there are bytes after the value')
  return value
}

/** The values inside a constructed value. Only one level: depth is the caller's, so nesting costs nothing. */
export function childrenOf(value: DerValue, max = 1000): readonly DerValue[] {
  const children: DerValue[] = []
  for (let at = 0; at < value.content.byteLength;) {
    if (children.length === max) throw new DerError(`there are more than ${max} values`)
    const child = readAt(value.content, at)
    children.push(child)
    at += child.bytes.byteLength
  }
  return children
}

/** The children of a SEQUENCE. */
export function sequenceOf(value: DerValue | undefined): readonly DerValue[] {
  return childrenOf(expectTag(value, derTag.sequence))
}

export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag === tag) return value
  throw new DerError(
    `expected tag 0x${tag.toString(16)}, got ${value === undefined ? 'nothing' : `0x${value.tag.toString(16)}`}`,
  )
}

// Multi-byte tags do not occur in certificates and timestamps; lengths of more than four bytes cannot be honest.
function readAt(bytes: Uint8Array, start: number): DerValue {
  const tag = byteAt(bytes, start)
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes')
  const first = byteAt(bytes, start + 1)
  const { length, size } =
    first < 0x80 ? { length: first, size: 0 } : longLength(bytes, start + 2, first & 0x7f)
  const from = start + 2 + size
  if (from + length > bytes.byteLength) throw new DerError('a value ends after its container')
  return { tag, content: bytes.subarray(from, from + length), bytes: bytes.subarray(start, from + length) }
}

function longLength(
  bytes: Uint8Array,
  at: number,
  size: number,
): { readonly length: number; readonly size: number } {
  if (size < 1 || size > 4) throw new DerError('an indefinite or too large length')
  let length = 0
  for (let index = 0; index < size; index += 1) length = length * 256 + byteAt(bytes, at + index)
  if (length < 0x80 || length < 256 ** (size - 1)) throw new DerError('a length that is not minimal')
  return { length, size }
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index]
  if (byte === undefined) throw new DerError('the bytes end inside a value')
  return byte
}

/** An object identifier in dotted form; arcs of any size, so that no arc can pass for another one. */
export function readOid(value: DerValue | undefined): string {
  const { content } = expectTag(value, derTag.oid)
  if (content.byteLength === 0 || content.byteLength > 64) throw new DerError('an OID of a strange length')
  const arcs: bigint[] = []
  let arc = 0n
  for (const [index, byte] of content.entries()) {
    if (arc === 0n && byte === 0x80) throw new DerError('an OID arc that is not minimal')
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if ((byte & 0x80) !== 0) {
      if (index === content.byteLength - 1) throw new DerError('an OID that ends inside an arc')
      continue
    }
    arcs.push(arc)
    arc = 0n
  }
  const [head = 0n, ...rest] = arcs
  const first = head < 80n ? head / 40n : 2n
  return [first, head - first * 40n, ...rest].join('.')
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them: seconds, in UTC. */
export function readTime(value: DerValue | undefined): Date {
  if (value === undefined) throw new DerError('a time is missing')
  const text = Buffer.from(value.content).toString('latin1')
  const digits = value.tag === derTag.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  if (value.tag !== derTag.utcTime && value.tag !== derTag.generalizedTime) throw new DerError('not a time')
  if (!/^\d{14}Z$/.test(digits)) throw new DerError('a malformed time')
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6')
  const time = new Date(`${iso}Z`)
  // JavaScript takes 31 February for March.
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(iso))
    throw new DerError('a time that does not exist')
  return time
}

/** UTF-8 text; control characters are refused, since it will be compared and shown. */
export function readText(content: Uint8Array): string {
  if (!isUtf8(content)) throw new DerError('text that is not UTF-8')
  const text = Buffer.from(content).toString('utf8')
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new DerError('text with control characters')
  return text
}

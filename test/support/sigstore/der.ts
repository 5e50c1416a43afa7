/** DER (X.690) by hand: just what certificates, timestamps and their lies need. */

export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents)
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.byteLength), content])
}

export function sequence(...items: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...items)
}

/** SET OF: DER wants the elements in the order of their bytes (X.690 §11.6). */
export function setOf(...items: readonly Uint8Array[]): Uint8Array {
  return der(0x31, ...items.toSorted((a, b) => Buffer.compare(a, b)))
}

export function integer(value: number | Uint8Array): Uint8Array {
  const bytes = typeof value === 'number' ? bigEndian(value) : value
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes
  return der(0x02, positive)
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

export function octets(content: Uint8Array): Uint8Array {
  return der(0x04, content)
}

export function bits(content: Uint8Array, unused = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unused), content)
}

export function boolean(value: boolean): Uint8Array {
  return der(0x01, Uint8Array.of(value ? 0xff : 0))
}

export function utf8(text: string): Uint8Array {
  return der(0x0c, Buffer.from(text))
}

/** [n] with the value inside, tag and all. */
export function explicit(tag: number, content: Uint8Array): Uint8Array {
  return der(0xa0 + tag, content)
}

/** [n] in place of the value's own tag; `constructed` values keep their inner structure. */
export function implicit(
  tag: number,
  value: { readonly content: Uint8Array; readonly constructed: boolean },
): Uint8Array {
  return der((value.constructed ? 0xa0 : 0x80) + tag, value.content)
}

export function generalizedTime(at: Date): Uint8Array {
  return der(0x18, Buffer.from(digits(at)))
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049. */
export function time(at: Date): Uint8Array {
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits(at).slice(2))) : generalizedTime(at)
}

/** The value under the outer tag and length. */
export function contentOf(encoded: Uint8Array): Uint8Array {
  const first = encoded[1] ?? 0
  return encoded.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f))
}

function digits(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes = bigEndian(length)
  return Buffer.concat([Uint8Array.of(0x80 + bytes.byteLength), bytes])
}

function bigEndian(value: number): Uint8Array {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function base128(arc: number): number[] {
  const septets = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    septets.unshift((rest % 128) + 128)
  return septets
}

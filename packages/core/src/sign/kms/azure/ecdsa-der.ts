/** An ECDSA signature of two numbers side by side (IEEE P1363) in its DER form (RFC 3279 §2.2.3). */
export function ecdsaDer(pair: Uint8Array): Uint8Array {
  const half = pair.byteLength >> 1
  const content = Buffer.concat([integer(pair.subarray(0, half)), integer(pair.subarray(half))])
  return Buffer.concat([header(0x30, content.byteLength), content])
}

function integer(number: Uint8Array): Buffer {
  const start = number.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Uint8Array.of(0) : number.subarray(start)
  const padded = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : Buffer.from(digits)
  return Buffer.concat([header(0x02, padded.byteLength), padded])
}

/** No signature is longer than 255 bytes: P-521 has two numbers of 66. */
function header(tag: number, length: number): Uint8Array {
  return length < 0x80 ? Uint8Array.of(tag, length) : Uint8Array.of(tag, 0x81, length)
}

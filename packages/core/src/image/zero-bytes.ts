/** 64 KiB of zeros, never written to. */
export const zeros: Buffer = Buffer.alloc(64 * 1024)

export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length)
    // The first byte decides nearly always: a header begins with a name.
    if (part[0] !== 0 || part.compare(zeros, 0, part.length) !== 0) return false
  }
  return true
}

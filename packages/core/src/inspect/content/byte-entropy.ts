/** Counts the bytes that pass, and tells how evenly they are spread: code and text never come near to 8 bits. */
export class ByteEntropy {
  readonly #counts = new Float64Array(256)
  #total = 0

  add(chunk: Buffer): void {
    for (const byte of chunk) this.#counts[byte] = (this.#counts[byte] ?? 0) + 1
    this.#total += chunk.length
  }

  /** Bits of entropy a byte (Shannon); 0 for too few bytes to tell. */
  bits(): number {
    if (this.#total < fewestBytes) return 0
    let bits = 0
    for (const count of this.#counts) {
      const share = count / this.#total
      if (share > 0) bits -= share * Math.log2(share)
    }
    return bits
  }
}

const fewestBytes = 4096

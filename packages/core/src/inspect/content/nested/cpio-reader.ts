import type { ContentSink } from '../../../image/content-sink.ts'
import { LIMITS } from '../../../image/limits.ts'
import type { ArchivePlace } from './archive-place.ts'

/** A cpio archive in the form of `070701` and `070702`, which initial RAM disks and RPM have. */
export class CpioReader implements ContentSink {
  readonly #place: ArchivePlace
  readonly #staged: Buffer[] = []
  #stagedBytes = 0
  #needed = headerBytes
  #nameBytes = 0
  #size = 0
  #padding = 0
  #state: 'header' | 'name' | 'content' | 'padding' | 'ended' = 'header'
  #sink: ContentSink | undefined

  constructor(place: ArchivePlace) {
    this.#place = place
  }

  write(chunk: Buffer): void {
    if (this.#state === 'ended' || !this.#place.take(chunk.length)) return
    for (let at = 0; at < chunk.length && !this.#isOver();) {
      const part = chunk.subarray(at, at + this.#needed)
      at += part.length
      this.#needed -= part.length
      this.#takePart(part)
    }
  }

  end(): void {
    if (this.#state !== 'ended') this.#sink?.end()
    const whole = this.#state === 'ended' || (this.#state === 'header' && this.#stagedBytes === 0)
    if (!whole) this.#place.unseen('it cannot be read to its end: the cpio archive is cut short')
  }

  #isOver(): boolean {
    return this.#state === 'ended'
  }

  #takePart(part: Buffer): void {
    if (this.#state === 'content') this.#sink?.write(part)
    else if (this.#state !== 'padding') {
      this.#staged.push(Buffer.from(part))
      this.#stagedBytes += part.length
    }
    if (this.#needed > 0) return
    if (this.#state === 'header') this.#header(this.#takeStaged())
    else if (this.#state === 'name') this.#name(this.#takeStaged())
    else if (this.#state === 'content') this.#contentEnd()
    else this.#next('header', headerBytes)
  }

  #takeStaged(): Buffer {
    const bytes = Buffer.concat(this.#staged)
    this.#staged.length = 0
    this.#stagedBytes = 0
    return bytes
  }

  #header(header: Buffer): void {
    const magic = header.toString('latin1', 0, 6)
    this.#size = hexAt(header, 54)
    this.#nameBytes = hexAt(header, 94)
    const wellFormed = magic === '070701' || magic === '070702'
    if (!wellFormed || !Number.isSafeInteger(this.#size) || !(this.#nameBytes <= LIMITS.pathBytes)) {
      this.#place.unseen('it cannot be read to its end: not a cpio archive in the new form')
      this.#state = 'ended'
      return
    }
    // Name and content are padded to four bytes, from the begin of the header.
    this.#next('name', this.#nameBytes + paddingOf(headerBytes + this.#nameBytes))
  }

  #name(bytes: Buffer): void {
    const name = bytes.toString('latin1', 0, Math.max(0, this.#nameBytes - 1))
    if (name === 'TRAILER!!!') {
      this.#state = 'ended'
      return
    }
    this.#padding = paddingOf(this.#size)
    this.#sink = this.#size > 0 ? this.#place.file(name, this.#size) : undefined
    if (this.#size > 0) this.#next('content', this.#size)
    else this.#next('header', headerBytes)
  }

  #contentEnd(): void {
    this.#sink?.end()
    this.#sink = undefined
    if (this.#padding > 0) this.#next('padding', this.#padding)
    else this.#next('header', headerBytes)
  }

  #next(state: 'header' | 'name' | 'content' | 'padding', needed: number): void {
    this.#state = state
    this.#needed = needed
  }
}

const headerBytes = 110

function hexAt(header: Buffer, at: number): number {
  const text = header.toString('latin1', at, at + 8)
  return /^[0-9a-fA-F]{8}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN
}

function paddingOf(length: number): number {
  return (4 - (length % 4)) % 4
}

import type { GzipEnd } from './gzip-decoder.ts'

/** Slots of equal size in one piece of shared memory, used in turn. */
export interface Slots {
  readonly count: number
  /** Of each. */
  readonly bytes: number
}

/** What goes to the thread, and what comes back. */
export const compressedSlots: Slots = { count: 4, bytes: 256 * 1024 }
export const contentSlots: Slots = { count: 4, bytes: 512 * 1024 }

/** What a thread is started with. */
export interface InflateShare {
  readonly compressed: SharedArrayBuffer
  readonly content: SharedArrayBuffer
  /** One number: how many slots for content are free. */
  readonly free: SharedArrayBuffer
}

export function sharedSlots({ count, bytes }: Slots): SharedArrayBuffer {
  return new SharedArrayBuffer(count * bytes)
}

/** The first bytes of a slot. */
export function slotOf(memory: SharedArrayBuffer, { bytes }: Slots, part: FilledSlot): Buffer {
  return Buffer.from(memory, part.slot * bytes, part.length)
}

export interface FilledSlot {
  readonly slot: number
  readonly length: number
}

/** To the thread: a part of the compressed stream, or its end. */
export type InflateOrder = ({ readonly kind: 'compressed' } & FilledSlot) | { readonly kind: 'end' }

/** How a stream ended, and the SHA-256 of what came out of it, in hex. */
export interface StreamEnd {
  readonly end: GzipEnd
  readonly sha256: string
}

/** From the thread, in the order of the stream. */
export type InflateReply =
  | ({ readonly kind: 'content' } & FilledSlot)
  /** A slot of the compressed stream is free again. */
  | { readonly kind: 'taken' }
  | ({ readonly kind: 'end' } & StreamEnd)

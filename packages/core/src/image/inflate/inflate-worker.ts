import { createHash, type Hash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { GzipDecoder } from './gzip-decoder.ts'
import {
  compressedSlots,
  contentSlots,
  slotOf,
  type InflateOrder,
  type InflateReply,
  type InflateShare,
} from './inflate-message.ts'

// The thread that inflates large layers, one after the other, while others are hashed and looked at.
const share: InflateShare = workerData
const free = new Int32Array(share.free)
let slot = 0
let decoder: GzipDecoder | undefined
let hash: Hash | undefined

parentPort?.on('message', (order: InflateOrder) => {
  decoder ??= new GzipDecoder(freeSlot)
  hash ??= createHash('sha256')
  if (order.kind === 'end') {
    say({ kind: 'end', end: decoder.end(), sha256: hash.digest('hex') })
    decoder = undefined
    hash = undefined
    return
  }
  for (const length of decoder.parts(slotOf(share.compressed, compressedSlots, order))) {
    Atomics.sub(free, 0, 1)
    say({ kind: 'content', slot, length })
    // Also once the reader is done with it: only this thread fills it again.
    hash.update(slotOf(share.content, contentSlots, { slot, length }))
    slot = (slot + 1) % contentSlots.count
  }
  say({ kind: 'taken' })
})

/** Waits until the reader is done with the next slot. */
function freeSlot(): Buffer {
  while (Atomics.load(free, 0) === 0) Atomics.wait(free, 0, 0)
  return slotOf(share.content, contentSlots, { slot, length: contentSlots.bytes })
}

function say(message: InflateReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message)
}

import { Worker } from 'node:worker_threads'
import {
  compressedSlots,
  contentSlots,
  sharedSlots,
  slotOf,
  type InflateOrder,
  type InflateReply,
  type InflateShare,
  type StreamEnd,
} from './inflate-message.ts'

/**
 * Inflates gzip in another thread. A part is only valid until the next one is asked for. The source is always read to
 * its end, also past the end or a fault of the stream; only a caller that stops early stops it.
 */
export async function* inflateInThread(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, StreamEnd, undefined> {
  const thread = idle.pop() ?? new InflateThread()
  thread.begin()
  const feeding = thread.feed(compressed)
  let end: StreamEnd | undefined
  try {
    for (let reply = await thread.next(); ; reply = await thread.next()) {
      if (reply.kind === 'end') {
        end = reply
        return end
      }
      yield thread.part(reply)
      thread.release()
    }
  } finally {
    if (end === undefined) await thread.stop()
    else thread.rest()
    await feeding
  }
}

/** Threads that wait for another layer. They do not keep the process alive. */
const idle: InflateThread[] = []

type Content = Extract<InflateReply, { kind: 'content' }>
type Answer = Exclude<InflateReply, { kind: 'taken' }>

/** The source runs as TypeScript, the built package as JavaScript; the worker's file is beside this one. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './inflate-worker.ts' : './inflate-worker.js',
  import.meta.url,
)

class InflateThread {
  readonly #free = new Int32Array(new SharedArrayBuffer(4))
  readonly #compressed = sharedSlots(compressedSlots)
  readonly #content = sharedSlots(contentSlots)
  readonly #worker: Worker
  readonly #answers: Answer[] = []
  #failure: { readonly error: unknown } | undefined
  #slot = 0
  /** Slots of the compressed stream that the thread has not read yet. */
  #ahead = 0
  #stopped = false
  #wakeReader: (() => void) | undefined
  #wakeFeeder: (() => void) | undefined

  constructor() {
    this.#free[0] = contentSlots.count
    const share: InflateShare = {
      compressed: this.#compressed,
      content: this.#content,
      free: this.#free.buffer,
    }
    // It needs nothing of the environment, and little memory: what it inflates lies in the shared slots.
    this.#worker = new Worker(workerFile, {
      env: {},
      workerData: share,
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
    })
    this.#worker.on('message', (reply: InflateReply) => this.#take(reply))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that inflates has ended')))
  }

  begin(): void {
    this.#worker.ref()
  }

  /** Waits for another layer. */
  rest(): void {
    this.#worker.unref()
    idle.push(this)
  }

  /** Ends it in the middle of a stream. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wakeFeeder?.()
    await this.#worker.terminate()
  }

  /** Hands the stream over, a few slots ahead. Its error is thrown by `next`. */
  async feed(compressed: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of compressed) {
        for (let at = 0; at < chunk.length && !this.#stopped; at += compressedSlots.bytes) {
          await this.#handOver(chunk.subarray(at, at + compressedSlots.bytes))
        }
        if (this.#stopped) return
      }
      this.#order({ kind: 'end' })
    } catch (error) {
      this.#fail(error)
    }
  }

  async next(): Promise<Answer> {
    for (;;) {
      const answer = this.#answers.shift()
      if (answer !== undefined) return answer
      if (this.#failure !== undefined) throw this.#failure.error
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
  }

  part(content: Content): Buffer {
    return slotOf(this.#content, contentSlots, content)
  }

  /** The last part was looked at: its slot is free again. */
  release(): void {
    Atomics.add(this.#free, 0, 1)
    Atomics.notify(this.#free, 0)
  }

  /** Copies: whose memory the chunk is, and who else reads it, is not known here. */
  async #handOver(chunk: Uint8Array): Promise<void> {
    while (this.#ahead === compressedSlots.count && !this.#stopped && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wakeFeeder = resolve
      })
    }
    const filled = { slot: this.#slot, length: chunk.length }
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    // Not by `set`, which takes four times as long to memory that threads share.
    bytes.copy(slotOf(this.#compressed, compressedSlots, filled))
    this.#slot = (this.#slot + 1) % compressedSlots.count
    this.#ahead += 1
    this.#order({ kind: 'compressed', ...filled })
  }

  #order(order: InflateOrder): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    if (!this.#stopped) this.#worker.postMessage(order)
  }

  #take(reply: InflateReply): void {
    if (reply.kind === 'taken') {
      this.#ahead -= 1
      this.#wakeFeeder?.()
    } else {
      this.#answers.push(reply)
      this.#wakeReader?.()
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wakeReader?.()
    this.#wakeFeeder?.()
  }
}

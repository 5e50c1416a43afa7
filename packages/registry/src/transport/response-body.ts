import type { IncomingMessage } from 'node:http'
import { abortError } from '../aborted.ts'
import { ownedByReader } from '../owned-chunks.ts'
import { connectionError } from './connection-error.ts'
import { timedOut, type Timeouts } from './step-timer.ts'

interface BodyOptions {
  readonly url: URL
  readonly timeouts: Timeouts
  readonly signal: AbortSignal | undefined
  /** Called once, when the body was read or given up. */
  readonly done: () => void
}

/** How much may wait for the reader before the server is made to wait, in bytes. */
const highWater = 128 * 1024

/**
 * The body of an answer, with limits for silence and for a trickle (slow drip). Only the time of waiting for the
 * server counts, not the reader's own. Leaving the loop closes the connection.
 */
export async function* responseBody(
  incoming: IncomingMessage,
  { url, timeouts, signal, done }: BodyOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rate = rateGuard(url, timeouts)
  const arrivals = arrivalsOf(incoming)
  try {
    for (;;) {
      for (let chunk = arrivals.take(); chunk !== undefined; chunk = arrivals.take()) {
        rate(0, chunk.byteLength)
        yield chunk
      }
      if (arrivals.isComplete()) return
      const asked = performance.now()
      const timer = setTimeout(
        () => incoming.destroy(timedOut(url, 'the next piece of the body', timeouts.idle)),
        timeouts.idle,
      )
      try {
        await arrivals.more()
      } finally {
        clearTimeout(timer)
      }
      rate(performance.now() - asked, 0)
    }
  } catch (error) {
    // An aborted request is seen here as a cut connection.
    throw signal?.aborted === true ? abortError(signal) : connectionError(error, url)
  } finally {
    incoming.destroy()
    done()
  }
}

/**
 * What has arrived, in the pieces in which it came: a stream's own iterator puts them together, which copies each byte.
 */
function arrivalsOf(incoming: IncomingMessage): {
  take(): Uint8Array | undefined
  isComplete(): boolean
  more(): Promise<void>
} {
  const chunks: Uint8Array[] = []
  let held = 0
  let isEnded = incoming.readableEnded
  let failure: unknown
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  incoming.on('data', (chunk: Uint8Array) => {
    chunks.push(ownedByReader(chunk))
    held += chunk.byteLength
    if (held >= highWater) incoming.pause()
    notify()
  })
  incoming.once('end', () => {
    isEnded = true
    notify()
  })
  incoming.on('error', (error) => {
    failure ??= error
    notify()
  })
  incoming.once('close', () => {
    if (!isEnded) failure ??= cut()
    notify()
  })
  // What happened before anybody listened was not heard.
  if (incoming.destroyed && !incoming.readableEnded) failure = incoming.errored ?? cut()
  return {
    take() {
      const chunk = chunks.shift()
      if (chunk === undefined) return undefined
      held -= chunk.byteLength
      if (held < highWater && incoming.isPaused()) incoming.resume()
      return chunk
    },
    isComplete() {
      if (failure !== undefined) throw failure
      return isEnded
    },
    async more() {
      if (chunks.length > 0 || isEnded || failure !== undefined) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    },
  }
}

function cut(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
}

function rateGuard(url: URL, timeouts: Timeouts): (waited: number, bytes: number) => void {
  let waitedInWindow = 0
  let bytesInWindow = 0
  return (waited, bytes) => {
    waitedInWindow += waited
    bytesInWindow += bytes
    if (bytesInWindow >= timeouts.slowBytes) {
      waitedInWindow = 0
      bytesInWindow = 0
    } else if (waitedInWindow > timeouts.slowWindow) {
      throw timedOut(url, `${timeouts.slowBytes} bytes of the body`, timeouts.slowWindow)
    }
  }
}

import type { IncomingMessage } from 'node:http'
import { abortError } from '../aborted.ts'
import { connectionError } from './connection-error.ts'
import { timedOut, type Timeouts } from './step-timer.ts'

interface BodyOptions {
  readonly url: URL
  readonly timeouts: Timeouts
  readonly signal: AbortSignal | undefined
  /** Called once, when the body was read or given up. */
  readonly done: () => void
}

/**
 * The body of an answer, with limits for silence and for a trickle (slow drip). Only the time of waiting for the
 * server counts, not the reader's own. Leaving the loop closes the connection.
 */
export async function* responseBody(
  incoming: IncomingMessage,
  { url, timeouts, signal, done }: BodyOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rate = rateGuard(url, timeouts)
  const onIdle = (): void => {
    incoming.destroy(timedOut(url, 'the next piece of the body', timeouts.idle))
  }
  let timer = setTimeout(onIdle, timeouts.idle)
  try {
    let asked = performance.now()
    for await (const chunk of incoming) {
      clearTimeout(timer)
      const bytes: Uint8Array = chunk
      rate(performance.now() - asked, bytes.byteLength)
      yield bytes
      asked = performance.now()
      timer = setTimeout(onIdle, timeouts.idle)
    }
  } catch (error) {
    // An aborted request is seen here as a cut connection.
    throw signal?.aborted === true ? abortError(signal) : connectionError(error, url)
  } finally {
    clearTimeout(timer)
    done()
  }
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

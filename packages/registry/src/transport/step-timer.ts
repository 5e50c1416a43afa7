import type { ClientRequest } from 'node:http'
import { RegistryError } from '../errors.ts'

/** All in milliseconds, unless said otherwise. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connect: number
  /** From the sent request to the response's headers. */
  readonly headers: number
  /** Between two pieces of a body. */
  readonly idle: number
  /** A body has to bring `slowBytes` bytes in this time of waiting for it. */
  readonly slowWindow: number
  /** In bytes. */
  readonly slowBytes: number
}

export const defaultTimeouts: Timeouts = {
  connect: 20_000,
  headers: 60_000,
  idle: 60_000,
  slowWindow: 30_000,
  slowBytes: 16 * 1024,
}

/** Ends a request that does not get its connection or its answer in time. Waiting for a free connection does not count. */
export function stepTimer(outgoing: ClientRequest, url: URL, timeouts: Timeouts): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const wait = (what: string, limit: number): void => {
    clearTimeout(timer)
    if (stopped) return
    timer = setTimeout(() => outgoing.destroy(timedOut(url, what, limit)), limit)
  }
  const waitForAnswer = (): void => wait('the answer', timeouts.headers)
  outgoing.once('socket', (socket) => {
    if (socket.connecting) {
      wait('the connection', timeouts.connect)
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', waitForAnswer)
    } else waitForAnswer()
    // The sending of a long body may take its time as long as it moves.
    socket.on('drain', waitForAnswer)
    outgoing.once('close', () => socket.off('drain', waitForAnswer))
  })
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** TIMED_OUT for one step towards a server. */
export function timedOut(url: URL, what: string, limit: number): RegistryError {
  return new RegistryError('TIMED_OUT', `waiting for ${what} took too long`, {
    on: url.host,
    expected: `within ${limit} ms`,
  })
}

import type { Call } from './content.ts'
import { CodedError, RegistryError } from './errors.ts'

/** When the time of a signal is over, on the clock of `performance.now()`. */
const deadlines = new WeakMap<AbortSignal, number>()

/**
 * A signal that aborts with another one, or after so many milliseconds. A timer fires only between two turns of the
 * event loop; `checkAborted` sees the end of the time in the middle of a computation, too.
 */
export function withTimeLimit(signal: AbortSignal, milliseconds: number): AbortSignal {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)])
  deadlines.set(limited, performance.now() + milliseconds)
  return limited
}

/**
 * Stops work that nobody waits for any more.
 * @throws RegistryError ABORTED, or the coded error that the signal was aborted with (TIMED_OUT)
 */
export function checkAborted(call: Call | undefined): void {
  const signal = call?.signal
  if (signal === undefined) return
  if (signal.aborted) throw abortError(signal)
  if (performance.now() >= (deadlines.get(signal) ?? Infinity)) throw timedOut()
}

/** Whether an error says only that nobody waits any more: it judges nothing. */
export function isAbort(error: unknown): boolean {
  return error instanceof RegistryError && (error.code === 'ABORTED' || error.code === 'TIMED_OUT')
}

/** What to throw for a signal that was aborted: its reason if that is a coded error, else ABORTED or TIMED_OUT. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  if (reason instanceof CodedError) return reason
  if (reason instanceof DOMException && reason.name === 'TimeoutError') return timedOut(reason)
  return new RegistryError('ABORTED', 'the operation was cancelled', { cause: reason })
}

function timedOut(cause?: unknown): RegistryError {
  return new RegistryError('TIMED_OUT', 'the time for the whole run is over', { cause })
}

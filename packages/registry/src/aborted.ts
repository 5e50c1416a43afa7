import type { Call } from './content.ts'
import { CodedError, RegistryError } from './errors.ts'

/**
 * Stops work that nobody waits for any more.
 * @throws RegistryError ABORTED, or the coded error that the signal was aborted with (TIMED_OUT)
 */
export function checkAborted(call: Call | undefined): void {
  if (call?.signal?.aborted === true) throw abortError(call.signal)
}

/** What to throw for a signal that was aborted: its reason if that is a coded error, else ABORTED or TIMED_OUT. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  if (reason instanceof CodedError) return reason
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return new RegistryError('TIMED_OUT', 'the time for the whole run is over', { cause: reason })
  }
  return new RegistryError('ABORTED', 'the operation was cancelled', { cause: reason })
}

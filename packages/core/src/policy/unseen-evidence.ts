import type { EvidenceFact, Incomplete } from './facts.ts'
import type { Reason } from './reason.ts'

/**
 * Why nobody knows all that is attached; undefined where everything was seen. What one proof decides, it decides
 * whatever else there is. A rule over all of them (the latest summary counts, every inspection has to be good, a
 * program that may look for what must not be there) is open then.
 */
export function unseenReason({ incomplete, unseen }: EvidenceFact): Reason | undefined {
  const why = incomplete ?? unseen
  return why === undefined ? undefined : incompleteReason(why)
}

/** What is said of evidence that is not all there. */
export function incompleteReason({ code, error }: Incomplete): Reason {
  return {
    code,
    step: 'fetch',
    message: `${error.message} (${error.code})`,
    ...(error.on === undefined ? {} : { on: error.on }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
}

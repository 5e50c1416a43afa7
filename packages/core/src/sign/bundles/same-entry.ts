import type { LogEntry } from '../../bundle/signed-bundle.ts'
import { misbehaved } from '../services/service-call.ts'
import { checkInclusion } from './parts-belong.ts'

/**
 * The entry that a log gave for one that is at hand without its proof: the same entry, in the same log, at the same
 * time. What is at hand stays, and gets the proof.
 * @throws SigningError SERVICE_MISBEHAVED for another entry
 * @throws VerificationError INVALID_LOG_PROOF
 */
export function sameEntry(found: LogEntry, known: LogEntry, url: string): LogEntry {
  const service = { name: 'Rekor', url } as const
  if (Buffer.compare(found.logId, known.logId) !== 0) throw misbehaved(service, 'the entry of another log')
  if (Buffer.compare(found.body, known.body) !== 0) throw misbehaved(service, 'another entry at this index')
  if (found.logIndex !== known.logIndex || found.integratedTime !== known.integratedTime)
    throw misbehaved(service, 'an entry of another index or time')
  checkInclusion(found)
  const { promise = found.promise } = known
  return { ...found, ...(promise !== undefined && { promise }) }
}

import type { Call } from '@assay/registry'
import type { LogEntry } from '../../bundle/signed-bundle.ts'
import { listOf } from '../../json/json-node.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, type Service, type ServiceAccess } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'
import { proposedEntry, readEntry } from './rekor-v1-entry.ts'
import type { Signed } from './witness.ts'

/** A log of the first kind, to look things up in. */
export type LogAccess = ServiceAccess & { readonly url: string }

const maxFound = 100
const headers = { accept: 'application/json' }

/**
 * The entry at an index, counted over all shards of the log, with its inclusion proof of now.
 * @throws SigningError NOT_LOGGED and the codes of asking a service
 */
export async function entryAt(log: LogAccess, index: bigint, call?: Call): Promise<LogEntry> {
  const service: Service = { name: 'Rekor', url: log.url }
  const path = `/api/v1/log/entries?logIndex=${index}`
  const request = { service, method: 'GET', path, headers, accept: [200, 404] } as const
  const answer = await callService(log, request, call)
  if (answer.status === 404)
    throw new SigningError('NOT_LOGGED', 'the log has no such entry', { on: log.url, got: `index ${index}` })
  return readEntry(service, answerNode(service, answer.body))
}

/**
 * The entries about something signed, oldest first (POST /api/v1/log/entries/retrieve).
 * @throws SigningError NOT_LOGGED where there is none, and the codes of asking a service
 */
export async function findEntries(
  log: LogAccess,
  signed: Signed,
  call?: Call,
): Promise<readonly [LogEntry, ...LogEntry[]]> {
  const service: Service = { name: 'Rekor', url: log.url }
  const answer = await callService(
    log,
    {
      service,
      method: 'POST',
      path: '/api/v1/log/entries/retrieve',
      headers: { ...headers, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ entries: [proposedEntry(signed)] })),
      accept: [200],
    },
    call,
  )
  const [first, ...others] = listOf(answerNode(service, answer.body), maxFound)
    .map((node) => readEntry(service, node))
    .toSorted((a, b) => Number(a.logIndex - b.logIndex))
  if (first === undefined)
    throw new SigningError('NOT_LOGGED', 'the log has no entry about this signature', {
      on: log.url,
      hint: 'give --ignore-tlog where it was never logged',
    })
  return [first, ...others]
}

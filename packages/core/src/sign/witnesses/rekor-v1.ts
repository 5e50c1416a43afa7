import type { Call } from '@assay/registry'
import { answerNode } from '../services/service-answer.ts'
import { callService, misbehaved, type Service, type ServiceAccess } from '../services/service-call.ts'
import { proposedEntry, readEntry } from './rekor-v1-entry.ts'
import type { Witness } from './witness.ts'

const entriesPath = '/api/v1/log/entries'

/** Rekor v1 (sigstore/rekor openapi.yaml): `dsse` entries for envelopes, `hashedrekord` for files. */
export function rekorV1Witness(options: ServiceAccess & { readonly url: string }): Witness {
  const service: Service = { name: 'Rekor', url: options.url }
  return {
    kind: 'log-entry',
    hashOnly: ['file'],
    promises: true,
    service,
    testify: async (signed, call) => {
      const answer = await callService(
        options,
        {
          service,
          method: 'POST',
          path: entriesPath,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: Buffer.from(JSON.stringify(proposedEntry(signed))),
          accept: [201, 409],
        },
        call,
      )
      const body =
        answer.status === 409 ? await existingEntry(options, answer.headers['location'], call) : answer.body
      return { kind: 'log-entry', entry: readEntry(service, answerNode(service, body)) }
    },
  }
}

/** The log holds the entry already: it is fetched from the same log, whatever host the answer points to. */
async function existingEntry(
  options: ServiceAccess & { readonly url: string },
  location: string | undefined,
  call?: Call,
): Promise<Uint8Array> {
  const service: Service = { name: 'Rekor', url: options.url }
  const id = /\/api\/v1\/log\/entries\/([0-9a-f]{64,80})$/.exec(location ?? '')?.[1]
  if (id === undefined) throw misbehaved(service, 'the entry exists, and the answer does not say where')
  const path = `${entriesPath}/${id}`
  const headers = { accept: 'application/json' }
  return (await callService(options, { service, method: 'GET', path, headers, accept: [200] }, call)).body
}

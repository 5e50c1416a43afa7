import { createHash } from 'node:crypto'
import { DerError } from '../../trust/der.ts'
import { isOver, parseTimestamp } from '../../trust/timestamp-token.ts'
import { callService, misbehaved, type Service, type ServiceAccess } from '../services/service-call.ts'
import type { Witness } from './witness.ts'

/**
 * The DER of a TimeStampReq (RFC 3161 §2.4.1) up to the digest: version 1, SHA-256, neither nonce nor certificates,
 * as Sigstore clients ask. The SHA-256 digest that follows completes it.
 */
const queryPrefix = Buffer.from('30360201013031300d060960864801650304020105000420', 'hex')

/** Any RFC 3161 timestamp authority; the URL is the whole one, with its path. */
export function timestampWitness(options: ServiceAccess & { readonly url: string }): Witness {
  const service: Service = { name: 'the timestamp authority', url: options.url }
  return {
    kind: 'timestamp',
    hashOnly: [],
    promises: false,
    service,
    testify: async ({ signature }, call) => {
      const digest = createHash('sha256').update(signature.value).digest()
      const answer = await callService(
        options,
        {
          service,
          method: 'POST',
          path: '',
          headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
          body: Buffer.concat([queryPrefix, digest]),
          accept: [200, 201],
        },
        call,
      )
      checkReply(service, { reply: answer.body, signature: signature.value })
      return { kind: 'timestamp', response: answer.body }
    },
  }
}

/** Nobody could use a timestamp over other bytes; who signed it is checked when the bundle is verified. */
function checkReply(
  service: Service,
  of: { readonly reply: Uint8Array; readonly signature: Uint8Array },
): void {
  try {
    if (isOver(parseTimestamp(of.reply), of.signature)) return
  } catch (error) {
    if (error instanceof DerError) throw misbehaved(service, error.message, error)
    throw error
  }
  throw misbehaved(service, 'the timestamp is over other bytes')
}

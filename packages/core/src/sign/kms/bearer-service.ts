import type { JsonNode } from '../../json/json-node.ts'
import { askKeyService, jsonBody, keyAnswer, type KeyCall, type KeyService } from './key-service.ts'

/** A service that keeps keys, with a token for it. */
export interface BearerService extends KeyService {
  readonly token: string
}

/**
 * A question about keys, with the token: a GET, or with a body a POST.
 * @throws SigningError SERVICE_UNREACHABLE, SERVICE_TIMED_OUT, SERVICE_REFUSED, SERVICE_MISBEHAVED
 */
export async function askWithToken(
  place: BearerService,
  question: { readonly path: string; readonly body?: unknown; readonly accept?: readonly number[] },
  call: KeyCall,
): Promise<{ readonly status: number; readonly node: JsonNode }> {
  const { path, body, accept } = question
  const content = body === undefined ? undefined : jsonBody(body)
  const { status, body: answer } = await askKeyService(
    place,
    {
      method: content === undefined ? 'GET' : 'POST',
      path,
      headers: { authorization: `Bearer ${place.token}`, ...content?.headers },
      ...(content !== undefined && { body: content.body }),
      ...(accept !== undefined && { accept }),
      secrets: [place.token],
    },
    call,
  )
  return { status, node: keyAnswer(place.service, answer) }
}

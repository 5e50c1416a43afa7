import { RegistryError, type RegistryErrorCode } from '../errors.ts'
import { isJsonArray, isJsonObject, parseStrictJson } from '../json/strict-json.ts'
import { redact } from '../redact.ts'
import { discard, type HttpResponse } from '../transport/transport.ts'
import { readAll } from '../verified-stream.ts'

const maxBody = 16 * 1024
const maxQuote = 300

/** Passes an answer of an expected status on; any other becomes a coded error that quotes what the registry said. */
export async function expectStatus(
  response: HttpResponse,
  statuses: readonly number[],
  what: { readonly doing: string; readonly on: string },
): Promise<HttpResponse> {
  if (statuses.includes(response.status)) return response
  throw await answerError(response, what)
}

/** What an unexpected answer means. Reads at most 16 KiB of its body. */
export async function answerError(
  response: HttpResponse,
  { doing, on }: { readonly doing: string; readonly on: string },
): Promise<RegistryError> {
  const said = await quote(response, on)
  const code = codeOf(response.status)
  return new RegistryError(
    code,
    `${doing}: ${meanings[code] ?? 'the answer is not what the protocol allows'}`,
    {
      on,
      got: said === '' ? `status ${response.status}` : `status ${response.status}: ${said}`,
      ...(hints[code] !== undefined && { hint: hints[code] }),
    },
  )
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 401 || status === 403) return 'UNAUTHORIZED'
  if (status === 404) return 'NOT_FOUND'
  if (status === 429) return 'RATE_LIMITED'
  if (status === 405 || status === 501) return 'UNSUPPORTED'
  if (status === 413) return 'LIMIT_EXCEEDED'
  return status >= 500 || status === 408 ? 'UNREACHABLE' : 'PROTOCOL_ERROR'
}

const meanings: Partial<Record<RegistryErrorCode, string>> = {
  UNAUTHORIZED: 'the registry does not allow it',
  NOT_FOUND: 'the registry does not have it',
  RATE_LIMITED: 'the registry asks to slow down',
  UNSUPPORTED: 'the registry does not offer it',
  LIMIT_EXCEEDED: 'it is too large for the registry',
  UNREACHABLE: 'the registry is out of order',
}

const hints: Partial<Record<RegistryErrorCode, string>> = {
  UNAUTHORIZED:
    'log in to the registry, or check the name of the repository: many registries deny what does not exist',
  RATE_LIMITED: 'log in for a higher limit, or try again later',
}

/** The registry's own words (OCI distribution-spec, "Error Codes"), made fit to print. */
async function quote(response: HttpResponse, on: string): Promise<string> {
  if (!/json/.test(response.headers['content-type'] ?? '')) {
    await discard(response)
    return ''
  }
  try {
    const body = parseStrictJson(await readAll(response.body, { limit: maxBody, on }), { on })
    const errors = isJsonObject(body) ? body['errors'] : undefined
    const first = isJsonArray(errors) ? errors[0] : undefined
    if (!isJsonObject(first)) return ''
    const words = [first['code'], first['message']].filter((word) => typeof word === 'string')
    return redact(words.join(' ')).slice(0, maxQuote)
  } catch (error) {
    // The status has said enough; the words were only to help.
    if (error instanceof RegistryError) return ''
    throw error
  }
}

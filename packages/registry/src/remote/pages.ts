import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import type { HttpResponse } from '../transport/transport.ts'
import { readAll } from '../verified-stream.ts'
import { ownUrl, send, type Endpoint } from './endpoint.ts'

const maxPages = 1000
const maxPageSize = 4 * 1024 * 1024

export interface Page {
  readonly response: HttpResponse
  readonly url: URL
  /** Reads the body, at most 4 MiB. */
  readonly bytes: () => Promise<Uint8Array>
}

/**
 * The pages of a list, by the `Link: <…>; rel="next"` of each (RFC 8288). The links must stay on the registry,
 * never lead to a page twice, and end (attacks B-17, B-32). A page that is no success ends the list: its reader judges it.
 * @throws RegistryError LIMIT_EXCEEDED, PROTOCOL_ERROR
 */
export async function* pages(
  endpoint: Endpoint,
  first: { readonly url: URL; readonly accept: string },
  call?: Call,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>()
  for (let url: URL | undefined = first.url; url !== undefined;) {
    if (seen.has(url.href))
      throw refused(url, 'PROTOCOL_ERROR', 'the pages of a list lead back to an earlier one')
    if (seen.size === maxPages) throw refused(url, 'LIMIT_EXCEEDED', `a list has more than ${maxPages} pages`)
    seen.add(url.href)
    const here: URL = url
    const response = await send(
      endpoint,
      { method: 'GET', url: here, headers: { accept: first.accept } },
      call,
    )
    yield {
      response,
      url: here,
      bytes: async () => await readAll(response.body, { limit: maxPageSize, on: here.pathname }),
    }
    if (response.status !== 200) return
    const next = nextOf(response.headers['link'] ?? '')
    url = next === undefined ? undefined : ownUrl(endpoint, next, here)
  }
}

function nextOf(link: string): string | undefined {
  if (link.length > 16_384) return undefined
  for (const [, target, parameters] of link.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"next"|next)\s*(?:[;,]|$)/i.test(parameters ?? '')) return target
  }
  return undefined
}

function refused(url: URL, code: 'PROTOCOL_ERROR' | 'LIMIT_EXCEEDED', message: string): RegistryError {
  return new RegistryError(code, message, { on: `${url.host}${url.pathname}` })
}

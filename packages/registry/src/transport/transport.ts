import { RegistryError } from '../errors.ts'

/** One HTTP request. Header names are lower case. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /**
   * Bytes can be sent again by the retry layer; a stream cannot. The memory of a stream's chunks is used again for later
   * ones: whoever does not send them at once copies them.
   */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
  /**
   * The server on whose word this URL is asked for (a redirect, a token realm), if it names another host.
   * Such a request never reaches nearer than that server is: not to this machine, nor into a private network.
   */
  readonly sentBy?: URL
}

/** One HTTP response. Header names are lower case, repeated headers joined by `, `. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Must be read to its end or cancelled by leaving the loop; both free the connection. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Request in, response out: the only way by which any byte enters or leaves. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>

/** Wraps a transport with one concern: authentication, retry, redirects, limits, trace. */
export type TransportLayer = (next: Transport) => Transport

/** Puts layers around a transport; the first one listed is the outermost. */
export function layered(transport: Transport, ...layers: readonly TransportLayer[]): Transport {
  return layers.reduceRight((next, layer) => layer(next), transport)
}

/**
 * Gives up a response's body: a short rest is read, so that the connection can be used again, a long one is cut.
 * A failure while doing so does not matter any more.
 */
export async function discard(response: HttpResponse): Promise<void> {
  let left = 16 * 1024
  try {
    for await (const chunk of response.body) {
      left -= Math.max(chunk.byteLength, 1024)
      if (left <= 0) break
    }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
  }
}

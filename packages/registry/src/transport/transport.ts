/** One HTTP request. Header names are lower case. */
export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Bytes can be sent again by the retry layer; a stream cannot. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
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

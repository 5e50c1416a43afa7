import type { HttpResponse } from '@assay/registry'

/** A response with a body of bytes, text or a stream. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | string | AsyncIterable<Uint8Array> = '',
): HttpResponse {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { status, headers, body }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return { status, headers: { 'content-length': String(bytes.byteLength), ...headers }, body: chunks(bytes) }
}

/** An error of the distribution API (OCI distribution-spec, "Error Codes"). */
export function apiError(status: number, code: string, message: string = code): HttpResponse {
  const body = JSON.stringify({ errors: [{ code, message }] })
  return answer(status, { 'content-type': 'application/json' }, body)
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const size = 64 * 1024
  for (let at = 0; at < bytes.byteLength; at += size)
    yield await Promise.resolve(bytes.subarray(at, at + size))
}

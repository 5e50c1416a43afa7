import type { HttpRequest } from '@assay/registry'

/** The whole body of a request. */
export async function bodyOf(request: HttpRequest): Promise<Uint8Array> {
  if (request.body === undefined) return new Uint8Array()
  if (request.body instanceof Uint8Array) return request.body
  const chunks: Uint8Array[] = []
  for await (const chunk of request.body) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

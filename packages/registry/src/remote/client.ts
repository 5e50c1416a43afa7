import type { RegistryClientV2 } from 'oci-registry-client'
import type { Call } from '../content.ts'
import { maxManifestSize } from '../manifest.ts'
import type { HttpResponse } from '../transport/transport.ts'
import { readAll } from '../verified-stream.ts'
import { answerError } from './answer-error.ts'
import { ownUrl, send, type Endpoint } from './endpoint.ts'

/** What the library hands to its HTTP client, of which there is none here: `request` below is it. */
interface LibraryRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Iterable<readonly [string, string]>
  readonly body?: Uint8Array
  readonly expectStatus?: readonly number[]
}

interface Doing {
  readonly doing: string
  readonly on: string
}

/** GET of a manifest by the library: its bytes and headers as they came, nothing believed. */
export async function getManifestBytes(
  endpoint: Endpoint,
  { reference, ...what }: Doing & { readonly reference: string },
  call?: Call,
): Promise<{ readonly bytes: Uint8Array; readonly contentType: string }> {
  const client = await libraryClient(endpoint, what, call)
  const { resp } = await client.getManifest({ ref: reference })
  if (!(resp instanceof LibraryResponse))
    throw new TypeError('oci-registry-client did not use the HTTP client it was given')
  return { bytes: resp.bytes, contentType: resp.headers.get('content-type') ?? '' }
}

/** DELETE of a manifest by the library. */
export async function deleteByLibrary(
  endpoint: Endpoint,
  { reference, ...what }: Doing & { readonly reference: string },
  call?: Call,
): Promise<void> {
  const client = await libraryClient(endpoint, what, call)
  await client.deleteManifest({ ref: reference })
}

/**
 * The protocol calls of `oci-registry-client` on our transport: its HTTP client and its login are replaced, so that
 * it opens no connection, sees no credential and decides nothing about trust (docs/decisions/0001). Loaded on first use.
 */
async function libraryClient(endpoint: Endpoint, what: Doing, call?: Call): Promise<RegistryClientV2> {
  const { RegistryClientV2: Client } = await import('oci-registry-client')
  const client = new Client({
    // Given whole, so that the library does not parse names by its own, stricter rules.
    repo: {
      index: { name: endpoint.origin.host, official: false, scheme: 'https' },
      official: false,
      remoteName: endpoint.repository,
      localName: endpoint.repository,
      canonicalName: endpoint.repository,
    },
    acceptManifestLists: true,
    acceptOCIManifests: true,
  })
  const request = async (asked: LibraryRequest): Promise<LibraryResponse> => {
    const response = await send(endpoint, toRequest(endpoint, asked), call)
    const isExpected = response.status !== 401 && (asked.expectStatus ?? [200]).includes(response.status)
    if (!isExpected) throw await answerError(response, what)
    return new LibraryResponse(
      response,
      await readAll(response.body, { limit: maxManifestSize, on: what.on }),
    )
  }
  Object.defineProperties(client, {
    _api: { get: () => ({ request }) },
    login: { value: async () => await Promise.resolve() },
  })
  return client
}

function toRequest(endpoint: Endpoint, asked: LibraryRequest): Parameters<typeof send>[1] {
  const headers = Object.fromEntries(
    [...(asked.headers ?? [])].map(([name, value]) => [name.toLowerCase(), value]),
  )
  delete headers['authorization']
  return {
    method: asked.method,
    url: ownUrl(endpoint, asked.path, endpoint.origin),
    headers,
    ...(asked.body !== undefined && { body: asked.body }),
  }
}

/** The parts of a response that the library's manifest calls use. */
class LibraryResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly bytes: Uint8Array

  constructor(response: HttpResponse, bytes: Uint8Array) {
    this.status = response.status
    this.headers = { get: (name) => response.headers[name.toLowerCase()] ?? null }
    this.bytes = bytes
  }

  /** The library looks for schema 1 in it; our own parser judges the document, so it gets to see none. */
  async dockerJson(): Promise<object> {
    return await Promise.resolve({})
  }
}

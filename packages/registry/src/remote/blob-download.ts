import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { RegistryError } from '../errors.ts'
import { discard, type HttpResponse } from '../transport/transport.ts'
import { expectStatus } from './answer-error.ts'
import { send, urlOf, type Endpoint } from './endpoint.ts'

/** How often in a row a download is resumed without having brought a single byte. */
const maxFruitless = 3
const maxResumptions = 100

/**
 * The bytes of a blob, not yet verified. A cut or silent download goes on where it stopped, if the registry serves
 * ranges; whether the pieces belong together is for the digest to say.
 */
export async function* downloadBlob(
  endpoint: Endpoint,
  descriptor: Descriptor,
  call?: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0
  let fruitless = 0
  for (let attempt = 0; ; attempt += 1) {
    // Whether an answer comes at all is for the retry layer; here only bodies are resumed.
    const response = await request(endpoint, descriptor, { from: received, ...call })
    const before = received
    try {
      for await (const chunk of response.body) {
        received += chunk.byteLength
        yield chunk
      }
      // An answer without a length may end early and look complete.
      if (received >= descriptor.size) return
      throw new RegistryError('UNREACHABLE', 'the download ended early', {
        on: descriptor.digest,
        got: `${received} bytes`,
      })
    } catch (error) {
      fruitless = received > before ? 0 : fruitless + 1
      if (!isCut(error) || fruitless >= maxFruitless || attempt >= maxResumptions) throw error
      checkAborted(call)
    }
  }
}

async function request(
  endpoint: Endpoint,
  descriptor: Descriptor,
  { from, ...call }: Call & { readonly from: number },
): Promise<HttpResponse> {
  const headers: Readonly<Record<string, string>> = from === 0 ? {} : { range: `bytes=${from}-` }
  const response = await send(
    endpoint,
    { method: 'GET', url: urlOf(endpoint, `blobs/${descriptor.digest}`), headers },
    call,
  )
  await expectStatus(response, from === 0 ? [200] : [200, 206], {
    doing: 'fetching a blob',
    on: descriptor.digest,
  })
  const length = response.headers['content-length']
  if (response.status === 206 && response.headers['content-range']?.startsWith(`bytes ${from}-`) !== true) {
    await discard(response)
    throw new RegistryError('PROTOCOL_ERROR', 'the registry sent another range than the one asked for', {
      on: descriptor.digest,
    })
  }
  if (response.status === 200 && length !== undefined && Number(length) !== descriptor.size) {
    await discard(response)
    throw new RegistryError('CONTENT_MISMATCH', 'the blob does not have its size', {
      on: descriptor.digest,
      expected: `${descriptor.size} bytes`,
      got: `${length} bytes`,
    })
  }
  return response.status === 200 && from > 0 ? { ...response, body: skip(response.body, from) } : response
}

// A registry without ranges sends all again.
async function* skip(
  body: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count
  for await (const chunk of body) {
    if (chunk.byteLength > left) yield chunk.subarray(left)
    left = Math.max(left - chunk.byteLength, 0)
  }
}

function isCut(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'UNREACHABLE'
}

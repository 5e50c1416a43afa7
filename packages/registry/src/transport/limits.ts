import { RegistryError } from '../errors.ts'
import { tapped } from '../tapped.ts'
import { discard, type HttpRequest, type HttpResponse, type TransportLayer } from './transport.ts'

/** The largest body of an answer that is no success, in bytes. */
const maxErrorBody = 64 * 1024
/** The largest sum of all header names and values of an answer, in characters. */
const maxHeaders = 64 * 1024

/**
 * Bounds what a server can make us read: headers, the bodies of errors, and bodies that are longer or shorter
 * than their own `Content-Length`. Asks for content as it is and refuses any other encoding (attack B-22).
 * The size of a success is bounded by its reader, who knows what it expects.
 */
export const limits: TransportLayer = (next) => async (request) => {
  const response = await next({ ...request, headers: { ...request.headers, 'accept-encoding': 'identity' } })
  const problem = problemOf(request, response)
  if (problem !== undefined) {
    await discard(response)
    throw problem
  }
  return { ...response, body: bounded(request, response) }
}

function problemOf(request: HttpRequest, { headers }: HttpResponse): RegistryError | undefined {
  const on = request.url.host
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== '') {
    return new RegistryError('PROTOCOL_ERROR', 'the answer is encoded although that was refused', {
      on,
      got: encoding.slice(0, 60),
    })
  }
  const size = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (size > maxHeaders)
    return new RegistryError('LIMIT_EXCEEDED', 'the headers of the answer are too large', { on })
  const length = headers['content-length']
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) {
    return new RegistryError('PROTOCOL_ERROR', 'the content-length of the answer is not a number', {
      on,
      got: length.slice(0, 60),
    })
  }
  return undefined
}

function bounded(request: HttpRequest, response: HttpResponse): AsyncIterable<Uint8Array> {
  const stated = response.headers['content-length']
  const expected = stated === undefined || request.method === 'HEAD' ? undefined : Number(stated)
  let length = 0
  return tapped(response.body, {
    chunk(bytes) {
      length += bytes.byteLength
      if (response.status >= 300 && length > maxErrorBody) {
        throw new RegistryError('LIMIT_EXCEEDED', 'the body of an error is too large', {
          on: request.url.host,
          expected: `at most ${maxErrorBody} bytes`,
        })
      }
      if (expected !== undefined && length > expected) throw wrongLength(request, expected, length)
    },
    end() {
      if (expected !== undefined && length < expected) throw wrongLength(request, expected, length)
    },
  })
}

// UNREACHABLE, as for any cut: the rest may be had by asking again.
function wrongLength(request: HttpRequest, expected: number, got: number): RegistryError {
  return new RegistryError('UNREACHABLE', 'the body of the answer does not have its stated length', {
    on: request.url.host,
    expected: `${expected} bytes`,
    got: `${got} bytes`,
  })
}

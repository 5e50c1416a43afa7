import type { ClientHttp2Session } from 'node:http2'
import { SigningError } from '../signing-error.ts'

const maxAnswer = 64 * 1024

/**
 * SpiffeWorkloadAPI.FetchJWTSVID, a gRPC call: one message, `{audience: [1]}`, is answered by one,
 * `{svids: [1] of {svid: 2}}`. A message stands behind five bytes: compression, and its length.
 * @throws SigningError NO_IDENTITY
 */
export async function callWorkloadApi(
  session: ClientHttp2Session,
  request: { readonly audience: string; readonly signal: AbortSignal },
): Promise<string> {
  try {
    const answer = await exchange(session, request)
    const length = answer.byteLength >= 5 && answer[0] === 0 ? answer.readUInt32BE(1) : -1
    if (length !== answer.byteLength - 5) throw noToken('an answer that is no single message')
    const token = textField(firstField(answer.subarray(5), 1), 2)
    if (token === '') throw noToken('an answer without a token')
    return token
  } finally {
    session.destroy()
  }
}

function exchange(
  session: ClientHttp2Session,
  { audience, signal }: { readonly audience: string; readonly signal: AbortSignal },
): Promise<Buffer> {
  const message = field(1, Buffer.from(audience))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.byteLength, 1)
  return new Promise((resolve, reject) => {
    session.once('error', (error) => reject(noToken(error.message)))
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/SpiffeWorkloadAPI/FetchJWTSVID',
        'content-type': 'application/grpc',
        te: 'trailers',
        'workload.spiffe.io': 'true',
      },
      { signal },
    )
    const chunks: Buffer[] = []
    let length = 0
    let status = ''
    stream.once('error', (error: Error) => reject(noToken(error.message)))
    // Without a message the status stands in the headers, otherwise in the trailers.
    stream.on('response', (headers) => (status = String(headers['grpc-status'] ?? '')))
    stream.on('trailers', (headers) => (status = String(headers['grpc-status'] ?? '')))
    stream.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length > maxAnswer) stream.destroy(new Error('an answer without an end'))
      else chunks.push(chunk)
    })
    stream.once('end', () =>
      status === '0' ? resolve(Buffer.concat(chunks)) : reject(noToken(`gRPC status ${status || 'missing'}`)),
    )
    stream.end(Buffer.concat([head, message]))
  })
}

/** A length-delimited field of Protobuf. */
function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of((number << 3) | 2, content.byteLength), content])
}

/** The first length-delimited field of this number; the answer has no fields of other kinds before it. */
function firstField(message: Buffer, number: number): Buffer {
  let at = 0
  while (at < message.byteLength) {
    const tag = message[at] ?? 0
    const { value: length, next } = varint(message, at + 1)
    const end = next + length
    if ((tag & 7) !== 2 || end > message.byteLength) throw noToken('an answer that cannot be read')
    if (tag >> 3 === number) return message.subarray(next, end)
    at = end
  }
  return Buffer.alloc(0)
}

function textField(message: Buffer, number: number): string {
  return firstField(message, number).toString('latin1')
}

function varint(message: Buffer, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let index = 0; index < 4; index += 1) {
    const byte = message[start + index] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: start + index + 1 }
  }
  throw noToken('an answer that cannot be read')
}

function noToken(got: string): SigningError {
  return new SigningError('NO_IDENTITY', 'the SPIFFE workload API gave no token', { got: got.slice(0, 300) })
}

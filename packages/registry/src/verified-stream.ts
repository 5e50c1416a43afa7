import { createHash } from 'node:crypto'
import type { Descriptor } from './descriptor.ts'
import { digestAlgorithm, finishDigest } from './digest.ts'
import { RegistryError } from './errors.ts'
import { tapped } from './tapped.ts'

/** Streams that end in an error unless they are this content: whoever checks them again would hash each byte twice. */
const checked = new WeakMap<AsyncIterable<Uint8Array>, Pick<Descriptor, 'digest' | 'size'>>()

/**
 * Passes bytes on while hashing them, and ends in CONTENT_MISMATCH unless both the size and the digest of
 * the descriptor hold. Never passes on more bytes than the descriptor promises; a reader that stops early
 * has verified nothing. A stream that this function has made for the same content is checked by it already.
 * @throws RegistryError CONTENT_MISMATCH
 */
export function verifiedStream(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const before = checked.get(content)
  if (before?.digest === descriptor.digest && before.size === descriptor.size) return content
  const algorithm = digestAlgorithm(descriptor.digest)
  const hash = createHash(algorithm)
  let length = 0
  const stream = tapped(content, {
    chunk(bytes) {
      length += bytes.byteLength
      if (length > descriptor.size) throw sizeMismatch(descriptor, `more than ${descriptor.size} bytes`)
      hash.update(bytes)
    },
    end() {
      if (length !== descriptor.size) throw sizeMismatch(descriptor, `${length} bytes`)
      const got = finishDigest(hash, algorithm)
      if (got !== descriptor.digest) throw digestMismatch(descriptor, got)
    },
  })
  checked.set(stream, { digest: descriptor.digest, size: descriptor.size })
  return stream
}

/** The same stream; somebody learns how many bytes have passed. What was checked stays checked. */
export function counted(
  content: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncIterable<Uint8Array> {
  const stream = tapped(content, { chunk: ({ byteLength }) => onBytes(byteLength), end: () => undefined })
  const known = checked.get(content)
  if (known !== undefined) checked.set(stream, known)
  return stream
}

/**
 * Reads a stream to its end into one buffer of at most `limit` bytes.
 * @throws RegistryError LIMIT_EXCEEDED
 */
export async function readAll(
  content: AsyncIterable<Uint8Array>,
  options: { readonly limit: number; readonly on: string },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of content) {
    length += chunk.byteLength
    if (length > options.limit) {
      throw new RegistryError('LIMIT_EXCEEDED', 'the content is larger than its limit', {
        on: options.on,
        expected: `at most ${options.limit} bytes`,
        got: `more than ${options.limit} bytes`,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** A buffer as a stream of one chunk. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes)
}

function digestMismatch({ digest }: Descriptor, got: string): RegistryError {
  return new RegistryError('CONTENT_MISMATCH', 'the content does not have its digest', {
    on: digest,
    expected: digest,
    got,
  })
}

function sizeMismatch(descriptor: Descriptor, got: string): RegistryError {
  return new RegistryError('CONTENT_MISMATCH', 'the content does not have its size', {
    on: descriptor.digest,
    expected: `${descriptor.size} bytes`,
    got,
  })
}

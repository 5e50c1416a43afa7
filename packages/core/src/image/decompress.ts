import { gunzip } from './gzip.ts'
import type { Content } from './hashed-content.ts'
import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { unzstd } from './zstd.ts'

export type Compression = 'gzip' | 'zstd' | 'none'

/** An uncompressed layer, and what it was compressed with, known once the first chunk is there. */
export interface Decompressed extends Content {
  readonly compression: Compression
}

/**
 * Decompresses a layer by what its first bytes say, as container runtimes do, whatever its media type says. `size` is
 * about how many bytes it has. A chunk of the content is only valid until the next one is asked for.
 * @throws LayerError UNSUPPORTED_COMPRESSION; the content throws its other codes
 */
export async function decompress(compressed: AsyncIterable<Uint8Array>, size: number): Promise<Decompressed> {
  const chunks = compressed[Symbol.asyncIterator]()
  const head = await readHead(chunks)
  const compression = compressionOf(Buffer.concat(head))
  const input = counted(rejoined(head, chunks))
  const { content, digest } = decoders[compression](input.chunks, size)
  return { compression, content: bounded(content, input), digest }
}

type Decoder = (compressed: AsyncIterable<Uint8Array>, size: number) => Content

const decoders: Readonly<Record<Compression, Decoder>> = {
  gzip: gunzip,
  zstd: (compressed) => ({ content: unzstd(compressed), digest: undefined }),
  none: (content) => ({ content: plain(content), digest: undefined }),
}
const headLength = 6

/** Other compressions by their magic; runtimes would read them as a tar and fail. */
const unsupported: Readonly<Record<string, string>> = {
  '425a68': 'bzip2',
  fd377a585a00: 'xz',
  '04224d18': 'lz4',
  '504b0304': 'zip',
  '68737173': 'squashfs',
}

function compressionOf(head: Buffer): Compression {
  const hex = head.toString('hex', 0, headLength)
  if (hex.startsWith('1f8b08')) return 'gzip'
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return 'zstd'
  const other = Object.entries(unsupported).find(([magic]) => hex.startsWith(magic))
  if (other === undefined) return 'none'
  throw new LayerError(
    'UNSUPPORTED_COMPRESSION',
    'the layer is in a form that container runtimes do not unpack',
    {
      expected: 'gzip, zstd or a plain tar',
      got: other[1],
    },
  )
}

async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<readonly Uint8Array[]> {
  const head: Uint8Array[] = []
  for (let length = 0; length < headLength;) {
    const next = await chunks.next()
    if (next.done === true) break
    // What is kept is copied: the source may fill its memory again.
    head.push(Uint8Array.from(next.value))
    length += next.value.byteLength
  }
  return head
}

async function* rejoined(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* head
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

interface Counted {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly length: () => number
}

function counted(source: AsyncIterable<Uint8Array>): Counted {
  let length = 0
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      length += chunk.byteLength
      yield chunk
    }
  }
  return { chunks: chunks(), length: () => length }
}

/** Stops at the limits of size and ratio: a bomb costs bounded time. */
async function* bounded(
  content: AsyncIterable<Buffer>,
  input: Counted,
): AsyncGenerator<Buffer, void, undefined> {
  let length = 0
  for await (const chunk of content) {
    length += chunk.byteLength
    if (length > LIMITS.layerBytes)
      throw limitExceeded('uncompressed bytes', LIMITS.layerBytes, `more than ${LIMITS.layerBytes}`)
    if (length > LIMITS.ratioFrom && length > LIMITS.ratio * input.length()) {
      throw limitExceeded(
        'uncompressed bytes for each compressed one',
        LIMITS.ratio,
        `${length} from ${input.length()}`,
      )
    }
    yield chunk
  }
}

async function* plain(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

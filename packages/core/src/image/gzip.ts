import { parseDigest, type Digest } from '@assay/registry'
import type { Content } from './hashed-content.ts'
import { GzipDecoder, type GzipEnd, type GzipFault } from './inflate/gzip-decoder.ts'
import { inflateInThread } from './inflate/inflate-thread.ts'
import { LayerError } from './layer-error.ts'

/** Compressed bytes from which a stream is worth a thread of its own, which takes tens of milliseconds to start. */
const threadFrom = 4 * 1024 * 1024

/**
 * Decompresses gzip, every member of it, as Go's compress/gzip does. `size` is about how many bytes there are. The
 * source is always read to its end, so that a wrong digest is told before a broken stream. The content throws
 * LayerError MALFORMED_COMPRESSION, TRUNCATED, TRAILING_BYTES.
 */
export function gunzip(compressed: AsyncIterable<Uint8Array>, size: number): Content {
  return size < threadFrom
    ? { content: inflateHere(compressed), digest: undefined }
    : inflateBeside(compressed)
}

/** In a thread of its own, which hashes what it has inflated. */
function inflateBeside(compressed: AsyncIterable<Uint8Array>): Content {
  let digest: Digest | undefined
  const content = async function* (): AsyncGenerator<Buffer, void, undefined> {
    const { end, sha256 } = yield* inflateInThread(compressed)
    checkEnd(end)
    digest = parseDigest(`sha256:${sha256}`)
  }
  return { content: content(), digest: () => digest }
}

async function* inflateHere(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  const output = Buffer.allocUnsafe(256 * 1024)
  const decoder = new GzipDecoder(() => output)
  for await (const chunk of compressed) {
    for (const length of decoder.parts(chunk)) yield output.subarray(0, length)
  }
  checkEnd(decoder.end())
}

function checkEnd(end: GzipEnd): void {
  if (end.fault !== undefined) throw faultError(end.fault, end)
}

function faultError(fault: GzipFault, { taken, length }: GzipEnd): LayerError {
  if (fault === 'TRUNCATED') return new LayerError(fault, 'the gzip stream is cut short')
  if (fault === 'MALFORMED_COMPRESSION') return new LayerError(fault, 'the gzip stream is broken')
  return new LayerError(fault, 'bytes follow the end of the gzip stream', {
    expected: `${taken} compressed bytes`,
    got: `${length} bytes`,
  })
}

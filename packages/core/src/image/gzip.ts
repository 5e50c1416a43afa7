import type { TransformOptions } from 'node:stream'
import { createGunzip, type ZlibOptions } from 'node:zlib'
import { LayerError } from './layer-error.ts'
import { throughTransform } from './through-transform.ts'

/** Large chunks halve the cost; a few of them in store let inflating go on while others are looked at. */
const options: ZlibOptions & TransformOptions = { chunkSize: 512 * 1024, readableHighWaterMark: 512 * 1024 }

/**
 * Decompresses gzip, every member of it, as Go's compress/gzip does. Node stops silently at a zero byte after a
 * member; Go refuses anything there that is not another member, and so do we.
 * @throws LayerError MALFORMED_COMPRESSION, TRUNCATED, TRAILING_BYTES
 */
export async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const transform = createGunzip(options)
  let length = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of compressed) {
      length += chunk.byteLength
      yield chunk
    }
  }
  yield* throughTransform(counted(), transform, gzipErrorOf)
  if (transform.bytesWritten < length) {
    throw new LayerError('TRAILING_BYTES', 'bytes follow the end of the gzip stream', {
      expected: `${transform.bytesWritten} compressed bytes`,
      got: `${length} bytes`,
    })
  }
}

function gzipErrorOf(code: string, cause: Error): LayerError | undefined {
  if (code === 'Z_BUF_ERROR') return new LayerError('TRUNCATED', 'the gzip stream is cut short', { cause })
  if (code === 'Z_DATA_ERROR')
    return new LayerError('MALFORMED_COMPRESSION', 'the gzip stream is broken', { cause })
  return undefined
}

import type { JsonValue } from '@assay/registry'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { malformedFacts } from './facts-error.ts'

/** One value as JSON, compressed, with its length in front: a layer is remembered as some of these. */
export function writeFrame(value: JsonValue): Buffer {
  const packed = zstdCompressSync(JSON.stringify(value), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(packed.length)
  return Buffer.concat([length, packed])
}

/** Uncompressed bytes of one frame. */
const frameLimit = 128 * 1024 * 1024

/** @throws FactsError MALFORMED_FACTS */
export function* readFrames(bytes: Buffer): Generator<JsonValue, void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : bytes.length)
    if (end > bytes.length) throw malformedFacts({ got: 'the last frame is cut' })
    yield valueOf(bytes.subarray(at + 4, end))
    at = end
  }
}

function valueOf(packed: Buffer): JsonValue {
  try {
    const value: JsonValue = JSON.parse(
      zstdDecompressSync(packed, { maxOutputLength: frameLimit }).toString(),
    )
    return value
  } catch (error) {
    throw malformedFacts({ got: 'a frame is not compressed JSON', cause: error })
  }
}

import { zstdDecompressSync } from 'node:zlib'
import { zstdOptions } from './zstd.ts'
import { LayerError } from './layer-error.ts'
import { ZstdFrames } from './zstd-frames.ts'

/** All frames of a small zstd file at once; undefined where it is broken, or longer than `limit` bytes. */
export function unzstdWhole(compressed: Uint8Array, limit: number): Buffer | undefined {
  try {
    return Buffer.concat([...decodedFrames(compressed, limit)])
  } catch (error) {
    if (error instanceof LayerError || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

function* decodedFrames(compressed: Uint8Array, limit: number): Generator<Buffer> {
  const frames = new ZstdFrames()
  let left = limit
  let chunks: Uint8Array[] = []
  for (const part of frames.split(compressed)) {
    if (part.kind === 'bytes') {
      chunks.push(part.chunk)
      continue
    }
    const content = zstdDecompressSync(Buffer.concat(chunks), {
      ...zstdOptions,
      maxOutputLength: Math.max(1, left),
    })
    left -= content.length
    chunks = []
    yield content
  }
  frames.end()
}

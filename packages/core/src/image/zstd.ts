import { constants, createZstdDecompress, zstdDecompressSync, type ZstdOptions } from 'node:zlib'
import { LayerError, limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'
import { throughTransform } from './through-transform.ts'
import { ZstdFrames, type FramePart } from './zstd-frames.ts'

/**
 * Decompresses zstd, every frame of it.
 * @throws LayerError MALFORMED_COMPRESSION, TRUNCATED, TRAILING_BYTES, LIMIT_EXCEEDED
 */
export async function* unzstd(
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const parts = partsOf(compressed)
  let frames = 0
  let length = 0
  try {
    for (let frame = await takeFrame(parts); frame !== undefined; frame = await takeFrame(parts)) {
      frames += 1
      checkFrames(frames, length)
      const content = frame.whole
        ? [decodeSmall(frame.chunks)]
        : throughTransform(restOf(frame.chunks, parts), createZstdDecompress(zstdOptions), zstdErrorOf)
      for await (const chunk of content) {
        length += chunk.length
        yield chunk
      }
    }
  } catch (error) {
    // The source is read to its end first: a wrong digest says more than a broken frame.
    for (let part = await parts.next(); part.done !== true; part = await parts.next());
    throw error
  }
}

/** Starting a decoder takes longer than running it: a frame must be worth it. */
function checkFrames(frames: number, length: number): void {
  if (frames <= LIMITS.zstdFrames + length / LIMITS.zstdFrameBytes) return
  throw limitExceeded('zstd frames with almost no content', LIMITS.zstdFrames, String(frames))
}

type Parts = AsyncGenerator<FramePart, void, undefined>

/** How every zstd frame is decoded. */
export const zstdOptions: ZstdOptions = {
  chunkSize: 256 * 1024,
  params: { [constants.ZSTD_d_windowLogMax]: LIMITS.zstdWindowLog },
}

/** Frames of zstd:chunked hold one small file each: those are decoded in one call, without a stream. */
const smallFrame = { bytes: 1024 * 1024, blocks: 16 } as const
const largestBlock = 128 * 1024

async function* partsOf(compressed: AsyncIterable<Uint8Array>): Parts {
  const frames = new ZstdFrames()
  let failure: LayerError | undefined
  for await (const chunk of compressed) {
    if (failure !== undefined) continue
    try {
      yield* frames.split(chunk)
    } catch (error) {
      if (!(error instanceof LayerError)) throw error
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  frames.end()
}

interface Frame {
  readonly chunks: readonly Uint8Array[]
  /** The chunks are the whole frame, and it is a small one. */
  readonly whole: boolean
}

async function takeFrame(parts: Parts): Promise<Frame | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length <= smallFrame.bytes) {
    const part = await parts.next()
    if (part.done === true) return undefined
    if (part.value.kind === 'frame-end') {
      if (part.value.blocks <= smallFrame.blocks) return { chunks, whole: true }
      return { chunks: [...chunks, endMark], whole: false }
    }
    chunks.push(part.value.chunk)
    length += part.value.chunk.length
  }
  return { chunks, whole: false }
}

/** Stands behind the chunks of a frame that has been read to its end already. */
const endMark = new Uint8Array()

async function* restOf(chunks: readonly Uint8Array[], parts: Parts): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk === endMark) return
    yield chunk
  }
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
    if (part.value.kind === 'frame-end') return
    yield part.value.chunk
  }
}

// At once: a call to another thread for each of a million frames takes minutes.
function decodeSmall(chunks: readonly Uint8Array[]): Buffer {
  try {
    return zstdDecompressSync(Buffer.concat(chunks), {
      ...zstdOptions,
      maxOutputLength: smallFrame.blocks * largestBlock,
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw (error instanceof Error ? zstdErrorOf(code, error) : undefined) ?? error
  }
}

function zstdErrorOf(code: string, cause: Error): LayerError | undefined {
  if (!code.startsWith('ZSTD_error_') && code !== 'ERR_BUFFER_TOO_LARGE') return undefined
  return new LayerError('MALFORMED_COMPRESSION', 'a zstd frame is broken', { cause })
}

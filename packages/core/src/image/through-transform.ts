import type { Transform } from 'node:stream'
import { LayerError } from './layer-error.ts'

/**
 * Passes bytes through a decompressor of node:zlib. The source is always read to its end, also past the end or an
 * error of the decompressor, so that a wrong digest is told before a broken stream; only a caller that stops early
 * stops it. Errors of the decompressor become what `errorOf` says of their code.
 */
export async function* throughTransform(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
  errorOf: (code: string, cause: Error) => LayerError | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const stop = new AbortController()
  const feeding = feed(source, transform, stop.signal)
  try {
    for await (const chunk of transform) {
      if (!Buffer.isBuffer(chunk)) continue
      yield chunk
      release(chunk)
    }
    await settled(transform, feeding)
  } catch (error) {
    await settled(transform, feeding)
    throw translated(error, errorOf)
  } finally {
    stop.abort()
    transform.destroy()
    await feeding
  }
}

/**
 * Frees the memory behind a chunk that was looked at, if the decompressor is done with it: it fills one buffer after
 * the other, and begins a new one when the last is full. Left to the garbage collector, gigabytes of them pile up.
 */
function release(chunk: Buffer): void {
  const { buffer, byteOffset, byteLength } = chunk
  const isFull = byteOffset + byteLength === buffer.byteLength
  if (isFull && buffer instanceof ArrayBuffer && byteLength > 0) buffer.transfer(0)
}

/** Waits until the source is read to its end, and throws its error if it has one. */
async function settled(transform: Transform, feeding: Promise<Failure | undefined>): Promise<void> {
  transform.destroy()
  const failure = await feeding
  if (failure !== undefined) throw failure.error
}

interface Failure {
  readonly error: unknown
}

/** Writes the source into the transform; hands the source's error over instead of rejecting unheard. */
async function feed(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
  stop: AbortSignal,
): Promise<Failure | undefined> {
  try {
    for await (const chunk of source) {
      if (stop.aborted) break
      if (!transform.destroyed && !transform.write(chunk)) await drained(transform)
    }
    if (!transform.destroyed) transform.end()
    return undefined
  } catch (error) {
    transform.destroy(error instanceof Error ? error : undefined)
    return { error }
  }
}

/** Until the transform takes more, or is over: after its own end it never drains. */
async function drained(transform: Transform): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      transform.off('drain', done).off('close', done)
      resolve()
    }
    transform.on('drain', done).on('close', done)
  })
}

function translated(
  error: unknown,
  errorOf: (code: string, cause: Error) => LayerError | undefined,
): unknown {
  if (error instanceof LayerError) return error
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  return errorOf(error.code, error) ?? error
}

import type { ContentSink } from './content-sink.ts'
import type { SparseStretch } from './tar-sparse.ts'
import { zeros } from './zero-bytes.ts'

/** A sink that gets the whole sparse file, holes as zeros, while its data is written in one piece. */
export function holesFilled(
  sink: ContentSink,
  file: { readonly map: readonly SparseStretch[]; readonly size: number },
): ContentSink {
  const stretches = file.map.filter((stretch) => stretch.length > 0)
  let index = 0
  let inStretch = 0
  let position = 0
  const { put, flush } = joined(sink)
  const fillTo = (end: number): void => {
    while (position < end) {
      const length = Math.min(zeros.length, end - position)
      put(zeros.subarray(0, length))
      position += length
    }
  }
  return {
    write(chunk) {
      let at = 0
      while (at < chunk.length) {
        const stretch = stretches[index]
        if (stretch === undefined) return
        fillTo(stretch.offset)
        const taken = Math.min(stretch.length - inStretch, chunk.length - at)
        put(chunk.subarray(at, at + taken))
        at += taken
        position += taken
        inStretch += taken
        if (inStretch === stretch.length) {
          index += 1
          inStretch = 0
        }
      }
    },
    end() {
      fillTo(file.size)
      flush()
      sink.end()
    },
  }
}

/** Joins small writes: a map may have a stretch for every byte. */
function joined(sink: ContentSink): { readonly put: (chunk: Buffer) => void; readonly flush: () => void } {
  const staged = Buffer.allocUnsafe(16 * 1024)
  let length = 0
  const flush = (): void => {
    if (length > 0) sink.write(staged.subarray(0, length))
    length = 0
  }
  return {
    flush,
    put(chunk) {
      if (length + chunk.length > staged.length) flush()
      if (chunk.length > staged.length / 2) sink.write(chunk)
      else length += chunk.copy(staged, length)
    },
  }
}

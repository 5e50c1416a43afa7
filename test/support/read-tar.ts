import { LayerError } from '../../packages/core/src/image/layer-error.ts'
import type { Ambiguity } from '../../packages/core/src/image/tar-ambiguity.ts'
import type { TarEntry } from '../../packages/core/src/image/tar-entry.ts'
import { TarReader } from '../../packages/core/src/image/tar-reader.ts'

/** What our reader makes of a tar. */
export interface ReadTar {
  readonly entries: readonly (TarEntry & { readonly content: Buffer })[]
  readonly remarks: readonly Ambiguity[]
}
/** Reads a tar in chunks of `step` bytes. */
export function readTar(tar: Uint8Array, step: number = tar.length): ReadTar {
  const entries: (TarEntry & { content: Buffer })[] = []
  const remarks: Ambiguity[] = []
  const reader = new TarReader({
    entry(entry) {
      const chunks: Buffer[] = []
      return {
        write: (chunk) => chunks.push(Buffer.from(chunk)),
        end: () => entries.push({ ...entry, content: Buffer.concat(chunks) }),
      }
    },
    remark: (ambiguity) => remarks.push(ambiguity),
  })
  const bytes = Buffer.from(tar)
  for (let at = 0; at < bytes.length; at += step) reader.write(bytes.subarray(at, at + step))
  reader.end()
  return { entries, remarks }
}

/** The code with which our reader refuses a tar. */
export function tarRefusal(tar: Uint8Array): string {
  try {
    readTar(tar)
    return 'no refusal'
  } catch (error) {
    if (error instanceof LayerError) return error.code
    throw error
  }
}

import type { ContentSource, Descriptor, Digest, OpenCall } from '@assay/registry'

/** How much of all layers was read or remembered so far, in stored bytes. */
export interface ReadingProgress {
  readonly done: number
  readonly total: number
}

export interface WatchedReading {
  /** The same content, counted. */
  readonly source: ContentSource
  /** Nothing more is read of this layer. */
  readonly finished: (layer: Descriptor) => void
}

/** Tells of every chunk of these layers that is read; a layer that is read twice counts once. */
export function watchReading(
  source: ContentSource,
  layers: readonly Descriptor[],
  onProgress: ((progress: ReadingProgress) => void) | undefined,
): WatchedReading {
  if (onProgress === undefined) return { source, finished: () => undefined }
  const sizes = new Map<Digest, number>(layers.map(({ digest, size }) => [digest, size]))
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const read = new Map<Digest, number>()
  let done = 0
  const advance = (digest: Digest, to: number): void => {
    const before = read.get(digest) ?? 0
    const after = Math.min(to, sizes.get(digest) ?? 0)
    if (after <= before) return
    read.set(digest, after)
    done += after - before
    onProgress({ done, total })
  }
  const open = async function* (descriptor: Descriptor, call?: OpenCall): AsyncGenerator<Uint8Array> {
    let at = 0
    for await (const chunk of source.open(descriptor, call)) {
      at += chunk.byteLength
      advance(descriptor.digest, at)
      yield chunk
    }
  }
  return {
    source: {
      open,
      resolve: async (reference, call) => await source.resolve(reference, call),
      referrers: (subject, call) => source.referrers(subject, call),
      tags: (call) => source.tags(call),
    },
    finished: ({ digest, size }) => advance(digest, size),
  }
}

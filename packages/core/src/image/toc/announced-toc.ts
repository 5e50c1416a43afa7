import type { Descriptor } from '@assay/registry'
import { LIMITS } from '../limits.ts'

/** The entry of an eStargz layer that holds its table of contents. */
export const stargzIndex = 'stargz.index.json'

const stargzDigest = 'containerd.io/snapshot/stargz/toc.digest'
const chunked = 'io.github.containers.zstd-chunked.manifest-'

/** What a layer's annotations say of tables of contents, by which runtimes unpack it without reading the tar. */
export interface AnnouncedTocs {
  /** Digest of the JSON in the entry `stargz.index.json`. */
  readonly stargz: string | undefined
  readonly chunked: ChunkedToc | undefined
}

/** A table of contents in a frame of its own, which decoders skip. */
export interface ChunkedToc {
  /** Digest of the compressed bytes. */
  readonly digest: string
  /** Where they are in the blob; undefined where the annotation is missing, malformed or beyond the limit. */
  readonly range: { readonly offset: number; readonly length: number } | undefined
}

export function announcedTocs({ annotations = {} }: Descriptor): AnnouncedTocs {
  const checksum = annotations[`${chunked}checksum`]
  return {
    stargz: annotations[stargzDigest],
    chunked:
      checksum === undefined
        ? undefined
        : { digest: checksum, range: rangeOf(annotations[`${chunked}position`]) },
  }
}

/** `offset:length:uncompressed length:type` */
function rangeOf(position = ''): ChunkedToc['range'] {
  const [, offset, length] = /^(\d{1,15}):(\d{1,15}):\d{1,15}:1$/.exec(position) ?? []
  if (offset === undefined || length === undefined || Number(length) > LIMITS.tocBytes) return undefined
  return { offset: Number(offset), length: Number(length) }
}

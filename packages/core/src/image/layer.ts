import type { Descriptor, Digest } from '@assay/registry'
import type { ContentFacts } from './content-facts.ts'
import type { Compression } from './decompress.ts'
import type { LayerError } from './layer-error.ts'
import type { Ambiguity } from './tar-ambiguity.ts'
import type { TarEntry } from './tar-entry.ts'

/** One entry of a layer, with what its content told. */
export interface LayerEntry extends Omit<TarEntry, 'path'> {
  /** As it stands in the tar, one character per byte. */
  readonly storedPath: string
  /** Cleaned: no leading slash, no `.`, `..` or empty names; the root is empty. */
  readonly path: string
  /** Index of its layer. */
  readonly layer: number
  readonly facts: ContentFacts | undefined
}

/** Something odd in a layer that belongs to no entry. */
export interface LayerRemark {
  readonly ambiguity: Ambiguity
  readonly offset: number
  /** The cleaned name of a global header. */
  readonly name?: string
}

/** A layer that was read from its first to its last byte, or as far as it could be. */
export interface Layer {
  readonly index: number
  readonly descriptor: Descriptor
  /** What the config says that the uncompressed bytes hash to. */
  readonly diffId: Digest | undefined
  /** What they hash to; undefined where they could not be read to the end. */
  readonly actualDiffId: Digest | undefined
  readonly compression: Compression | undefined
  readonly uncompressedSize: number
  /** The command in the image's history that made it, as written there. */
  readonly createdBy: string | undefined
  readonly entries: readonly LayerEntry[]
  readonly remarks: readonly LayerRemark[]
  /** The table of contents that a zstd:chunked layer announces, compressed as it is stored. */
  readonly chunkedToc?: Uint8Array
  /** The tables of contents that it has, compared with the tar. */
  readonly tocs?: readonly LayerToc[]
  /** Why the rest of it was not read. The verdict is undecidable then. */
  readonly failure: LayerFailure | undefined
}

/** A table of contents of a layer, by which some runtimes unpack it instead of by its tar. */
export interface LayerToc {
  readonly kind: 'eStargz' | 'zstd:chunked'
  /** What it says otherwise than the tar; what cannot be compared counts. */
  readonly differences: readonly string[]
}

export type LayerFailure =
  | { readonly kind: 'unreadable'; readonly error: LayerError }
  /** Not a tar: another media type, encrypted, a file system image. */
  | { readonly kind: 'unknown-media-type'; readonly mediaType: string }
  /** A foreign layer that this place does not hold. */
  | { readonly kind: 'absent'; readonly mediaType: string }

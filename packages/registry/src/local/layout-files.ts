import type { Call, OpenCall } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'

/** The files of an OCI image layout, wherever they lie: in a directory or in an archive. */
export interface LayoutFiles {
  /** What messages call the layout. */
  readonly name: string
  /**
   * The entries of `index.json`, once the layout is known to be one that we can read.
   * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, UNSUPPORTED
   */
  entries(): Promise<readonly Descriptor[]>
  /** The size of a blob in bytes, or undefined if it is not there. */
  blobSize(digest: Digest): Promise<number | undefined>
  /** Streams a blob, verified. */
  readBlob(descriptor: Descriptor, call?: OpenCall): AsyncIterable<Uint8Array>
  /** The digests of all blobs, at most `max`. */
  listBlobs(max: number): Promise<readonly Digest[]>
  /**
   * The bytes of a blob that could be JSON of at most `max` bytes, not verified. Of others no more than the
   * beginning is read.
   */
  readPossibleJson(digest: Digest, max: number, call?: Call): Promise<Uint8Array | undefined>
}

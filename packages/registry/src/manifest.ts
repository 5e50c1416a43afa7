import type { Descriptor } from './descriptor.ts'

/** The largest manifest or index that we read, in bytes (OCI distribution-spec suggests 4 MiB). */
export const maxManifestSize: number = 4 * 1024 * 1024

/** An image or artifact manifest, beside the bytes that its digest is of. */
export interface Manifest {
  readonly kind: 'manifest'
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations: Readonly<Record<string, string>>
}

/** An image index or manifest list, beside the bytes that its digest is of. */
export interface Index {
  readonly kind: 'index'
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly manifests: readonly Descriptor[]
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations: Readonly<Record<string, string>>
}

export type AnyManifest = Manifest | Index

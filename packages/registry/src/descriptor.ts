import type { Digest } from './digest.ts'

/** `os/architecture[/variant]` of an image (OCI image-spec, image-index.md). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly osVersion?: string
}

/** Content by digest: what it is, how long, where it belongs (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Byte length. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly platform?: Platform
  /** Where foreign layers may be had; never followed unless asked. */
  readonly urls?: readonly string[]
  /** Embedded content, if the descriptor carries it; hashed before use like any other bytes. */
  readonly data?: string
}

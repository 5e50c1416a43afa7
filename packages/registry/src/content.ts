import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'

/** What every call that waits accepts. */
export interface Call {
  readonly signal?: AbortSignal
}

export interface OpenCall extends Call {
  /**
   * The reader is done with a chunk when it asks for the next one, and keeps none: a place may fill the same memory
   * again. Who passes such a stream on to somebody who keeps chunks leaves this out.
   */
  readonly transient?: boolean
}

/** Whatever holds content by digest: a repository, an OCI layout, an archive, memory. */
export interface ContentSource {
  /**
   * The manifest that a tag or digest stands for.
   * @throws RegistryError NOT_FOUND and the codes of reaching the place
   */
  resolve(reference: string, call?: Call): Promise<Descriptor>
  /** Streams content; the stream ends in CONTENT_MISMATCH unless size and digest hold. */
  open(descriptor: Descriptor, call?: OpenCall): AsyncIterable<Uint8Array>
  /** Manifests whose `subject` is this one, from the API, the fallback tag or the index. */
  referrers(subject: Digest, call?: ReferrersCall): AsyncIterable<Descriptor>
  /** All tags of the place, in no particular order. */
  tags(call?: Call): AsyncIterable<string>
}

export interface ReferrersCall extends Call {
  /** Only referrers of this type. Registries and old writers mislabel them: callers that must not miss any leave it out. */
  readonly artifactType?: string
}

/** A source that can also be written to. */
export interface ContentStore extends ContentSource {
  has(descriptor: Descriptor, call?: Call): Promise<boolean>
  /**
   * Stores content under its digest: blobs and manifests alike, children before parents. A manifest with a
   * `subject` becomes a referrer of it (API, fallback tag or index.json, as the place needs).
   * Nothing is visible under the digest until size and digest held. The chunks are the store's: it may free their
   * memory, so whoever looks at them on their way keeps none of them.
   */
  push(descriptor: Descriptor, content: AsyncIterable<Uint8Array>, call?: PushCall): Promise<void>
  /** Makes manifests that are there findable as referrers of their subject. What is listed already is done. */
  list(subject: Digest, referrers: readonly Descriptor[], call?: Call): Promise<void>
  /** Takes manifests out of every list of referrers of a subject that the place does not keep by itself. */
  unlist(subject: Digest, referrers: readonly Digest[], call?: Call): Promise<void>
  tag(descriptor: Descriptor, tag: string, call?: Call): Promise<void>
  /**
   * Takes a name away; what it named stays. A name that is not there is done.
   * @throws RegistryError UNSUPPORTED where a place can only remove manifests
   */
  untag(tag: string, call?: Call): Promise<void>
  /** Removes a manifest, with the names that it has; its blobs stay. What is not there is done. */
  remove(digest: Digest, call?: Call): Promise<void>
}

export interface PushCall extends Call {
  /** `later`: a manifest with a `subject` is stored only; the caller lists all of them with one call of `list`. */
  readonly listing?: 'now' | 'later'
}

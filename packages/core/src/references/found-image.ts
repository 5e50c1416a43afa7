import type { ObjectFact } from '../policy/facts.ts'
import type { ImagePlace } from '../policy/image-place.ts'
import type { ContainerUse } from './container-use.ts'
import type { Span } from '../policy/parse/located.ts'

/** An image that a file names. */
export interface FoundImage {
  /** As `parseReference` reads it. */
  readonly reference: string
  readonly place: ImagePlace
  /** The Kubernetes object that it stands in. */
  readonly object?: ObjectFact
  /** What the container that names it asks of it. */
  readonly use?: ContainerUse
  /** Where the reference is written as it is; absent where a variable or an escape takes part in it. */
  readonly span?: Span
}

/** An image that nobody can name without running something: a variable, an expression, a build. */
export interface UnresolvedImage {
  readonly text: string
  readonly place: ImagePlace
  readonly message: string
  readonly hint?: string
}

/** What is not as it should be in a file. */
export interface ReferenceRemark {
  readonly place: ImagePlace
  readonly message: string
}

/** The images that one file names. */
export interface FoundReferences {
  readonly images: readonly FoundImage[]
  readonly unresolved: readonly UnresolvedImage[]
  /** With any of these the file cannot be judged. */
  readonly problems: readonly ReferenceRemark[]
  /** What may name an image and was not looked at. */
  readonly remarks: readonly ReferenceRemark[]
}

import type { CodedError, Digest } from '@assay/registry'
import type { Proof } from '../verify/proof.ts'
import type { ImageNames } from './image-names.ts'

/** All that a decision about one image is made from; collected once, before anything is decided. */
export interface Facts {
  readonly names: ImageNames
  /** Undefined where no rule asked for more than the name. */
  readonly subject: Digest | undefined
  readonly now: Date
  /** What the image's attachments prove, by the key of the view that they were verified under. */
  readonly evidence: ReadonlyMap<string, EvidenceFact>
  readonly inspection?: Known<InspectionFact>
  /** The image configurations by platform, where a program asks for them. */
  readonly configs?: Known<Readonly<Record<string, unknown>>>
  /** The texts of the programs that policies name by URL, by `programKey`. */
  readonly programs?: ReadonlyMap<string, Known<string>>
  /** The Kubernetes object that the image stands in, where there is one. */
  readonly object?: ObjectFact
  readonly namespace?: NamespaceFact
}

/** The namespace that the image is for; what is undefined nobody knows. */
export interface NamespaceFact {
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** What is known, or why it is not. */
export type Known<Value> =
  | { readonly status: 'known'; readonly value: Value }
  | { readonly status: 'unknown'; readonly error: CodedError }

export interface EvidenceFact {
  readonly proofs: readonly Proof[]
  readonly refused: readonly RefusedEvidence[]
  /** Not everything could be fetched or verified: what is missing here may exist. */
  readonly incomplete?: Incomplete
  /** Something is attached whose content does not hold: it proves nothing, and might have spoken against others. */
  readonly unseen?: Incomplete
}

export interface Incomplete {
  readonly code: 'EVIDENCE_UNAVAILABLE' | 'KEY_UNRESOLVED' | 'TRUST_ROOT_UNRESOLVED' | 'NOT_SUPPORTED'
  readonly error: CodedError
}

/** An attachment that does not hold; it counts for nothing, and may explain why. */
export interface RefusedEvidence {
  /** The digest of the referrer or of the legacy layer. */
  readonly source: string
  readonly code: string
  readonly step: string
  readonly message: string
  readonly expected?: string
  readonly got?: string
  readonly hint?: string
}

/** The inspection's answer about the whole image: the worst platform counts. */
export interface InspectionFact {
  readonly distroless: 'strict' | 'effective' | 'debug' | 'no' | 'undecidable'
  /** Why it is not better: one line each, already fit to print. */
  readonly evidence: readonly string[]
}

export interface ObjectFact {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: unknown
  readonly metadata: unknown
}

import type { Digest } from '@assay/registry'
import type { Proof } from '../verify/proof.ts'
import type { InspectionFact } from './facts.ts'
import type { ImagePlace } from './image-place.ts'
import type { Mode } from './policy.ts'
import type { Reason } from './reason.ts'

/** The answer about one image under a set of policies. `undecided` is never allow. */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'undecided'
  /** The image as it was asked for. */
  readonly image: string
  /** What the image is. Undefined only where every rule was static and nobody looked, or where looking failed. */
  readonly subject: Digest | undefined
  /** Every policy that is about this image. */
  readonly policies: readonly PolicyOutcome[]
  /** Why it is not allowed, beyond what the policies say themselves. */
  readonly because: readonly Reason[]
  /** What was let through and should be known. */
  readonly warnings: readonly Reason[]
  /** Where the image was named, if in files. */
  readonly places?: readonly ImagePlace[]
  /** The image of one platform: the index that it belongs to. */
  readonly partOf?: Digest
  /** When it was made, where that is not now (RFC 3339). */
  readonly remembered?: string
  /** Allowed by no policy, and let through all the same. */
  readonly letThrough?: true
  /** That somebody wished to break the glass, and what came of it. */
  readonly breakGlass?: BreakGlass
  /** The verification summary that was signed and attached. */
  readonly summary?: { readonly result: 'PASSED' | 'FAILED'; readonly manifest: Digest }
}

export interface BreakGlass {
  readonly reason: string
  readonly user: string | null
  readonly outcome: 'applied' | 'refused' | 'not-needed'
  /** What the policies said. */
  readonly verdict: Decision['verdict']
}

/** The answer about several images: the worst one counts. */
export interface GateReport {
  readonly verdict: Decision['verdict']
  /** In the order of the request. */
  readonly decisions: readonly Decision[]
}

export interface PolicyOutcome {
  readonly policy: string
  /** `file:line`. */
  readonly at: string
  readonly mode: Mode
  /** What a refusal of this policy does: it counts, or its mode or an exception lets the image through. */
  readonly effect: 'counts' | 'warns' | 'records' | 'excepted'
  readonly outcome: Outcome
}

/** What one rule came to, and the rules that it is made of. */
export type Outcome = (Met | Unmet | Undecided) & {
  /** A program came to it that may come to something else the next moment. */
  readonly volatile?: true
}

export interface Met {
  readonly status: 'met'
  readonly rule: RuleName
  readonly by: readonly Evidence[]
  readonly parts: readonly Outcome[]
}

export interface Unmet {
  readonly status: 'unmet'
  readonly rule: RuleName
  readonly because: readonly Reason[]
  readonly parts: readonly Outcome[]
}

/** Nobody could tell: an error on the way, not a no. */
export interface Undecided {
  readonly status: 'undecided'
  readonly rule: RuleName
  readonly because: readonly Reason[]
  readonly parts: readonly Outcome[]
}

export interface RuleName {
  readonly kind:
    | 'policy'
    | 'digest'
    | 'authorities'
    | 'authority'
    | 'signature'
    | 'attestation'
    | 'program'
    | 'inspect'
    | 'static'
  readonly name: string
}

export interface RememberedProof {
  readonly line: string
  /** As the JSON output has it. */
  readonly document: object
}

/** What made a rule met. */
export type Evidence =
  | { readonly kind: 'proof'; readonly proof: Proof }
  /** A proof of an earlier run, as a report tells of it: it proves nothing by itself. */
  | { readonly kind: 'remembered'; readonly remembered: RememberedProof }
  | { readonly kind: 'inspection'; readonly inspection: InspectionFact }
  | { readonly kind: 'static'; readonly action: 'pass' }
  | { readonly kind: 'reference'; readonly digest: Digest }
  | { readonly kind: 'program'; readonly language: string; readonly remark?: string }

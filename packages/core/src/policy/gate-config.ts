import type { Mirror } from '@assay/registry'
import type { Position } from './problem.ts'

/** What holds for a run or a cluster as a whole: a GateConfig document, or the ConfigMap of policy-controller. */
export interface GateConfig {
  /** What becomes of an image that no policy is about. */
  readonly noMatch?: 'deny' | 'warn' | 'allow'
  /** `all`: every runnable image of an index has to be allowed by itself, too. */
  readonly platforms?: 'index' | 'all'
  /** What becomes of an image about which nobody could tell. */
  readonly onError?: 'deny' | 'allow'
  readonly breakGlass?: BreakGlassRule
  /** Milliseconds that a decision about one image may take. */
  readonly deadline?: number
  /** How all policies are read, whatever their apiVersion. */
  readonly semantics?: 'compat' | 'strict'
  /** `false`: policies of policy.sigstore.dev may have no authorities, and then allow nothing. */
  readonly failOnEmptyAuthorities?: boolean
  /** Where custom resources name images: `KIND[.GROUP]=PATH`. */
  readonly resources: readonly string[]
  /** Where images are really read; names stay as they are. */
  readonly mirrors?: readonly Mirror[]
  readonly cache?: CacheRule
}

/** What a gate may remember. It can only be less than without this rule. */
export interface CacheRule {
  readonly enabled: boolean
  /** Absolute; instead of the user's own cache directory. */
  readonly directory?: string
  /** Milliseconds for which a decision counts. */
  readonly maxAge?: number
}

/** Who may let an image through that the policies refuse. */
export interface BreakGlassRule {
  /** The annotation of a Kubernetes object that holds the reason. */
  readonly annotation?: string
  /** Exactly these. */
  readonly allowedUsers: readonly string[]
}

/** A configuration, and where it stands. */
export interface LocatedConfig {
  readonly name: string
  readonly file: string
  readonly at: Position
  readonly config: GateConfig
}

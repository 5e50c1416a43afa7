import type { Glob } from './glob.ts'
import type { Position } from './problem.ts'
import type { ProvenanceRule } from './provenance-rule.ts'
import type { SummaryRule } from './summary-rule.ts'
import type { TextRule } from '../verify/text-rule.ts'

/** A ClusterImagePolicy, of policy.sigstore.dev or our own kind, after its file was read (gates.md §1.2, §8.1). */
export interface Policy {
  /** An ImagePolicy's with its namespace: `prod/release`. */
  readonly name: string
  readonly file: string
  readonly at: Position
  /** Of an ImagePolicy, which is about the images of its namespace alone, and adds to the others. */
  readonly namespace?: string
  /** `compat` is policy-controller's reading, `strict` our own kind's (gates.md §8.3). */
  readonly semantics: 'compat' | 'strict'
  readonly images: readonly Glob[]
  readonly exclude: readonly Glob[]
  /** Kubernetes objects that the policy is about; empty means all. */
  readonly match: readonly MatchRule[]
  /** The labels of the namespaces that the policy is about. */
  readonly namespaceSelector?: LabelSelector
  readonly mode: Mode
  /** The image has to be named by digest. */
  readonly requireDigest: boolean
  readonly require: Requirement
  readonly authorities: readonly Authority[]
  readonly inspect?: InspectRule
  /** A program over all the authorities that matched. */
  readonly program?: PolicyProgram
  readonly exceptions: readonly PolicyException[]
}

/** `warn` and `audit` admit what fails; `warn` tells the one who asked, `audit` only the records. */
export type Mode = 'enforce' | 'warn' | 'audit'

export type Requirement =
  | { readonly kind: 'any' }
  | { readonly kind: 'all' }
  | { readonly kind: 'at-least'; readonly count: number }

export interface MatchRule {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly selector?: LabelSelector
}

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>
  readonly matchExpressions: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values: readonly string[]
  }[]
}

export type Authority = StaticAuthority | SignedAuthority

export interface StaticAuthority {
  readonly kind: 'static'
  readonly name: string
  readonly action: 'pass' | 'fail'
  readonly message?: string
}

export interface SignedAuthority {
  readonly kind: 'signed'
  readonly name: string
  readonly signer: KeyAuthority | KeylessAuthority
  /** Where signatures are, if not beside the image. */
  readonly source?: SignatureSource
  readonly log: LogRule
  readonly timestamp: TimestampRule
  readonly signatureFormat: 'legacy' | 'bundle' | 'auto'
  /** Milliseconds since the verified signing time. */
  readonly maxAge?: number
  /** With any of these the plain signature is not looked at, as in policy-controller. */
  readonly attestations: readonly AttestationRule[]
}

export interface KeyAuthority {
  readonly kind: 'key'
  readonly key: KeySource
  /** Undefined where the policy does not say: the one that goes with the key. */
  readonly hashAlgorithm: HashAlgorithm | undefined
}

export type HashAlgorithm = 'sha224' | 'sha256' | 'sha384' | 'sha512'

export type KeySource =
  /** PEM texts, one key each; any of them may have signed. */
  | { readonly kind: 'data'; readonly pems: readonly [string, ...string[]] }
  | { readonly kind: 'secret'; readonly name: string; readonly namespace?: string }
  | { readonly kind: 'kms'; readonly reference: string }

export interface KeylessAuthority {
  readonly kind: 'keyless'
  /** Any of them. */
  readonly identities: readonly [IdentityRule, ...IdentityRule[]]
  readonly trustRootRef?: string
  /** A private certificate authority instead of the trust root's. */
  readonly caCert?: KeySource
  readonly insecureIgnoreSct: boolean
}

/** All of its parts have to match one certificate. */
export interface IdentityRule {
  readonly issuer: TextRule
  readonly subject: TextRule
  /** Fulcio extensions by name. */
  readonly extensions: Readonly<Record<string, TextRule>>
}

export interface SignatureSource {
  readonly oci?: string
  readonly tagPrefix?: string
  readonly pullSecrets: readonly string[]
}

/** What a transparency log has to say; `log-or-timestamp` takes a timestamp authority's word instead. */
export interface LogRule {
  readonly demand: 'required' | 'ignored' | 'log-or-timestamp'
  readonly trustRootRef?: string
  /** The base URL of the one log that counts; without it, any of the trust root's. */
  readonly url?: string
}

export type TimestampRule =
  | { readonly demand: 'none' }
  | { readonly demand: 'required'; readonly trustRootRef?: string }

export interface AttestationRule {
  readonly name: string
  readonly predicateType: string
  readonly program?: PolicyProgram
  readonly maxAge?: number
  /** For SLSA provenance. */
  readonly provenance?: ProvenanceRule
  /** For verification summaries. */
  readonly summary?: SummaryRule
}

export interface PolicyProgram {
  readonly language: 'cel' | 'cue' | 'rego'
  readonly source: ProgramSource
  readonly include: readonly ProgramInput[]
  readonly at: Position
}

/** `predicates` adds what was signed to the attestations of `authorityMatches`; the others are fields of their own. */
export type ProgramInput = 'config' | 'spec' | 'metadata' | 'typemeta' | 'predicates'

export type ProgramSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'remote'; readonly url: string; readonly sha256: string }
  | { readonly kind: 'config-map'; readonly name: string; readonly key: string }

export interface InspectRule {
  /** The weakest verdict of the inspection that is good enough (inspection.md §4). */
  readonly distroless: 'strict' | 'effective'
  /** The authority whose signed inspections count; without it, the image is inspected by the gate. */
  readonly attestedBy?: string
  /** Milliseconds since the verified time of the signature. */
  readonly maxAge?: number
  /** Runtimes that a signed inspection may have been made with (`assay inspect --declare`). */
  readonly declare: readonly string[]
  /** Rules of which findings may have been excepted from a signed inspection (`--exceptions`). */
  readonly exceptions: readonly string[]
}

export interface PolicyException {
  readonly images: readonly Glob[]
  readonly reason: string
  readonly approvedBy?: string
  /** The first moment at which it no longer holds. */
  readonly expires: Date
}

/** A policy that could not be read: whatever its globs reach cannot be decided. */
export interface BrokenPolicy {
  readonly name: string
  readonly file: string
  /** Of an ImagePolicy. */
  readonly namespace?: string
  /** Undefined where not even the globs could be read: then it stands in the way of every image. */
  readonly images: readonly Glob[] | undefined
  readonly problems: readonly string[]
}

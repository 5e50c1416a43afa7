import type { Digest } from '@assay/registry'
import type { FileReport } from './files/file-report.ts'
import type { Family } from './family.ts'
import type { Distribution } from './os-release.ts'
import type { RuleClass, Severity } from './finding.ts'
import type { Binary } from './packages/binaries.ts'
import type { Package } from './packages/package.ts'
import type { RunAsNonRoot } from './starts/run-as-non-root.ts'
import type { Waste } from './waste.ts'
import type { Verdict } from './verdict.ts'

/** The version of the report's JSON form. Fields are added without a new one, never changed or removed. */
export const inspectionSchema = 'https://assay.dev/inspection/v1'

/** What an inspection found. Plain JSON values; equal images give equal bytes. */
export interface InspectionReport {
  readonly schema: typeof inspectionSchema
  readonly ruleset: string
  /** As the caller wrote it. */
  readonly reference: string
  readonly digest: Digest
  readonly mediaType: string
  /** The one platform of an index that was asked for: what else is in it was not read. */
  readonly platform?: string
  /** Runtimes that the caller declared: they are no findings. Left out where there are none. */
  readonly declared?: readonly string[]
  /** The worst of all images below. */
  readonly verdict: Verdict
  readonly images: readonly ImageReport[]
  /** What else lies in the index. */
  readonly others: readonly OtherReport[]
}

export interface ImageReport {
  readonly digest: Digest
  readonly platform: string
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  readonly family: Family | null
  /** What os-release says; null without one. */
  readonly distribution: Distribution | null
  readonly config: ConfigReport
  readonly layers: readonly LayerReport[]
  /** What is shipped for nothing. */
  readonly waste: Waste
  readonly packages: readonly Package[]
  /** Programs that no package lists and that tell nothing of themselves. */
  readonly binaries: readonly Binary[]
  /** Such programs that were left out of the list. */
  readonly binariesUnlisted: number
  readonly programs: ProgramsReport
  readonly findings: readonly FindingReport[]
  /** Findings that were left out of the list, by rule. */
  readonly unlisted: Readonly<Record<string, number>>
  /** Every file of every layer, where they were asked for. */
  readonly files?: readonly FileReport[]
}

export interface ConfigReport {
  readonly digest: Digest
  readonly user: string
  /** The user id that the container starts with; null where it cannot be told. */
  readonly uid: number | null
  /** Whether Kubernetes starts it with `runAsNonRoot: true`. */
  readonly runAsNonRoot: RunAsNonRoot
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly workingDirectory: string
  /** Names only: values may be secret. */
  readonly environment: readonly string[]
  readonly exposedPorts: readonly string[]
  readonly created: string | null
}

export interface LayerReport {
  readonly index: number
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes as stored. */
  readonly size: number
  readonly compression: string | null
  /** Bytes uncompressed. */
  readonly uncompressedSize: number
  readonly diffId: Digest | null
  /** Whether the uncompressed bytes are what the config says: null where they could not be read. */
  readonly diffIdMatches: boolean | null
  readonly createdBy: string | null
  readonly entries: number
  /** Entries that the container sees. */
  readonly visible: number
  /** Bytes of content that no container sees: overwritten or deleted by a higher layer. */
  readonly wastedBytes: number
  /** Why it was not read to its end. */
  readonly failure: string | null
}

/** Whether every program is explained. */
export interface ProgramsReport {
  readonly total: number
  /** Of a package, with a matching digest. */
  readonly ofPackages: number
  /** Of a package of a programming language: with a matching digest, or in a folder of a runtime that was declared. */
  readonly ofLanguagePackages: number
  /** Of a runtime that the caller declared. */
  readonly ofRuntimes: number
  /** Of an exception. */
  readonly excepted: number
  /** Started by the config. */
  readonly started: number
  /** All others, by path. */
  readonly unexplained: readonly string[]
  readonly unexplainedCount: number
  /** Package databases that could not be read: what they explain, and what they would contradict, is not known. */
  readonly undecided: readonly string[]
}

export interface FindingReport {
  readonly rule: string
  readonly class: RuleClass
  readonly severity: Severity
  readonly message: string
  /** Why it does not count: what somebody answers for, and until when. */
  readonly exception: ExceptionReport | null
  readonly evidence: EvidenceReport
}

export interface ExceptionReport {
  readonly reason: string
  readonly expires: string
}

/** Where a finding can be seen again. Fields are null where they do not apply. */
export interface EvidenceReport {
  readonly path: string | null
  /** As it stands in the tar, where that differs. */
  readonly storedPath: string | null
  readonly layer: number | null
  readonly layerDigest: Digest | null
  readonly createdBy: string | null
  /** Byte offset of the header in the uncompressed layer. */
  readonly offset: number | null
  readonly type: string | null
  readonly mode: string | null
  readonly owner: string | null
  readonly size: number | null
  readonly sha256: string | null
  readonly signature: string | null
  readonly signatureOffset: number | null
  readonly excerpt: string | null
  /** `present`, or what hides it from the container, e.g. `deleted by layer 3`. */
  readonly state: string | null
  readonly package: string | null
  /** The digest that its package installed, with its algorithm, where the finding is about that. */
  readonly expected: string | null
  /** The digest that was found instead. */
  readonly got: string | null
}

export interface OtherReport {
  readonly kind: 'attestation' | 'artifact' | 'unknown'
  readonly digest: Digest
  readonly mediaType: string
  readonly about: string | null
  /** It was not read, and a runtime might take it for an image: then the verdict is undecidable. */
  readonly mayRun: boolean
}

import { digestAlgorithm, digestHex, type Digest } from '@assay/registry'

/** The type of a verification summary (slsa.dev/verification_summary/v1). */
export const summaryType = 'https://slsa.dev/verification_summary/v1'

/** What a verifier says about an image that it looked at (SLSA 1.2, "Verification Summary Attestation"). */
export interface VerificationSummary {
  /** The image that was asked about, then the images that it consists of. */
  readonly subjects: readonly [Digest, ...Digest[]]
  readonly subjectName: string
  readonly verifier: { readonly id: string; readonly version: Readonly<Record<string, string>> }
  readonly timeVerified: Date
  readonly resourceUri: string
  readonly policy: { readonly uri: string; readonly sha256: string }
  readonly inputs: readonly { readonly uri: string; readonly digest: Digest }[]
  readonly result: 'PASSED' | 'FAILED'
  /** Ignored for what failed. */
  readonly levels: readonly string[]
}

/** The payload of a verification summary, byte for byte what gets signed: an in-toto statement v1. */
export function summaryStatement(summary: VerificationSummary): Uint8Array {
  const { subjects, subjectName, verifier, timeVerified, resourceUri, policy, inputs, result } = summary
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: subjects.map((digest) => ({ name: subjectName, digest: digestSet(digest) })),
      predicateType: summaryType,
      predicate: {
        verifier,
        timeVerified: `${timeVerified.toISOString().slice(0, 19)}Z`,
        resourceUri,
        policy: { uri: policy.uri, digest: { sha256: policy.sha256 } },
        inputAttestations: inputs.map(({ uri, digest }) => ({ uri, digest: digestSet(digest) })),
        verificationResult: result,
        verifiedLevels: levelsOf(summary),
        slsaVersion: '1.2',
      },
    }),
  )
}

/** One level for each track of SLSA, the highest; a word of its own where none was verified. */
function levelsOf({ result, levels }: VerificationSummary): readonly string[] {
  if (result === 'FAILED') return ['FAILED']
  const highest = new Map<string, string>()
  for (const level of [...levels].toSorted()) highest.set(level.replace(/_LEVEL_\d$/, ''), level)
  return highest.size === 0 ? ['SLSA_BUILD_LEVEL_UNEVALUATED'] : [...highest.values()]
}

function digestSet(digest: Digest): Readonly<Record<string, string>> {
  return { [digestAlgorithm(digest)]: digestHex(digest) }
}

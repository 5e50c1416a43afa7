import type { BaseMatch } from '../../base/compare-base.ts'
import type { BaseVerification } from '../../base/verify-base.ts'
import type { InspectionJudgement } from '../../inspect/demand/judge-inspection.ts'
import { verificationDocument, type VerificationDocument } from '../verification-document.ts'

/** What is known of a base that somebody named, as it stands in the JSON of an inspection. */
export interface BaseDocument {
  readonly reference: string
  readonly digest: string
  readonly status: BaseVerification['status']
  readonly verification: VerificationDocument
  readonly platforms: readonly BaseMatch[]
}

export function baseDocument(base: BaseVerification): BaseDocument {
  return { ...base, verification: verificationDocument(base.verification) }
}

/** Who names a base asks for it: one that is not verified is a no, as certain as any. */
export function judgedWithBase(
  judgement: InspectionJudgement,
  base: BaseVerification | undefined,
): InspectionJudgement {
  if (base === undefined || base.status === 'verified') return judgement
  const because = judgement.status === 'undecided' ? [] : judgement.because
  return { status: 'unmet', because: [...because, ...baseReasons(base)] }
}

/** Why the base does not count, in a few lines; empty where it does. */
function baseReasons({ status, reference, platforms, verification }: BaseVerification): readonly string[] {
  if (status === 'verified') return []
  if (status === 'not-signed') {
    const [refused] = verification.refused
    const why = refused === undefined ? 'nothing is attached to it' : refused.refusal.message
    return [`the base ${reference} is not signed as demanded: ${why}`]
  }
  return platforms.flatMap((match) =>
    match.same ? [] : [`${match.platform} is not made on the base ${reference}: ${match.why}`],
  )
}

/** What is proven of the base, in one line. */
export function baseSummary({ status, reference, platforms, verification }: BaseVerification): string {
  if (status !== 'verified') return `NOT VERIFIED: ${reference}`
  const [proof] = verification.proofs
  const signer = proof?.signer
  const who =
    signer === undefined
      ? ''
      : signer.kind === 'key'
        ? `, signed with key ${signer.keyId}`
        : `, signed by ${signer.identity.subject} (${signer.identity.issuer})`
  const counts = [...new Set(platforms.flatMap((match) => (match.same ? [match.layers] : [])))]
  const weakened = [...new Set(verification.proofs.flatMap((each) => each.weakened))]
  const weak = weakened.length === 0 ? '' : `; WEAKENED: ${weakened.join(', ').replaceAll('-', ' ')}`
  return `VERIFIED: ${reference}, the lowest ${counts.join(' or ')} layers${who}${weak}`
}

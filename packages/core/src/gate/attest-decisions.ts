import { isIndexType, type Call, type Digest } from '@assay/registry'
import { loadImages } from '../image/load-images.ts'
import type { Decision, GateReport } from '../policy/decision.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import { surelyApplies } from '../policy/match.ts'
import type { Reason } from '../policy/reason.ts'
import { proofsOf, verifiedLevels } from '../policy/verified-levels.ts'
import { attestImage } from '../sign/sign-image.ts'
import type { VerifiedSigningOptions } from '../sign/image-signature.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { summaryStatement, type VerificationSummary } from '../statement/verification-summary.ts'
import type { Proof } from '../verify/proof.ts'
import { namesOf, placeName } from './facts.ts'
import { GateError } from './gate-error.ts'

export interface AttestOptions {
  readonly verifier: VerificationSummary['verifier']
  /** `{repo}` stands for the image's repository. */
  readonly resource: string
  readonly policy: VerificationSummary['policy']
  /** Whether what is denied gets a summary, too. */
  readonly failures: boolean
  readonly signing: VerifiedSigningOptions
  /** When the decisions were made. */
  readonly now: Date
  readonly open: (reference: string) => Promise<OpenedImage>
}

/**
 * Signs a verification summary for each image that the policies allowed, and of what they denied where asked, and
 * attaches it. What was let through, is part of an index, or is about nothing that was looked up gets none.
 * @returns the report, with what each image got
 * @throws GateError WRONG_IMAGE, SigningError, StatementError, RegistryError
 */
export async function attestDecisions(
  report: GateReport,
  { set, options }: { readonly set: PolicySet; readonly options: AttestOptions },
  call: Call,
): Promise<GateReport> {
  const attested = new Map<string, Digest>()
  const decisions: Decision[] = []
  for (const decision of report.decisions) {
    const { subject, partOf } = decision
    const said: Said =
      partOf === undefined ? saidOf(decision, report, { set, options }) : { nothing: undefined }
    if (subject === undefined || 'nothing' in said) {
      decisions.push(withoutSummary(decision, 'nothing' in said ? said.nothing : nobodyLooked))
      continue
    }
    const { result } = said
    const key = `${result} ${decision.image} ${subject}`
    // One after the other, as all signing; the same image gets one summary, however often it is named.
    // oxlint-disable-next-line no-await-in-loop -- see above
    const manifest = attested.get(key) ?? (await attest(decision, { subject, result, set, options }, call))
    attested.set(key, manifest)
    decisions.push({ ...decision, summary: { result, manifest } })
  }
  return { ...report, decisions }
}

const nobodyLooked = 'which image it is, no rule asked'

/** Who asked for summaries wants to know why there is none; undefined where that goes without saying. */
function withoutSummary(decision: Decision, why: string | undefined): Decision {
  if (why === undefined) return decision
  const reason: Reason = { code: 'NO_SUMMARY', step: 'combine', message: `no summary is signed: ${why}` }
  return { ...decision, warnings: [...decision.warnings, reason] }
}

/** What is said about an image, or why nothing is. */
type Said = { readonly result: VerificationSummary['result'] } | { readonly nothing: string | undefined }

/**
 * A summary is about what the policies say, all of them in whatever mode: one that is not met is never passed over,
 * and FAILED is said of nothing that they do not deny.
 */
function saidOf(
  decision: Decision,
  { decisions }: GateReport,
  { set, options: { failures } }: { readonly set: PolicySet; readonly options: AttestOptions },
): Said {
  const parts = decisions.filter(({ partOf }) => partOf !== undefined && partOf === decision.subject)
  const all = [decision, ...parts]
  if (all.some(isDeniedByPolicy)) return failures ? { result: 'FAILED' } : { nothing: undefined }
  if (all.some(({ verdict }) => verdict === 'undecided')) return { nothing: undefined }
  if (all.some(({ verdict }) => verdict === 'deny')) return { nothing: 'no policy is what denies it' }
  const failed = all.flatMap(({ policies }) => policies).find(({ outcome }) => outcome.status !== 'met')
  if (failed !== undefined) return { nothing: `policy ${failed.policy} is not met (${failed.effect})` }
  return all.every((each) => isVouchedFor(each, set))
    ? { result: 'PASSED' }
    : { nothing: 'no policy of the cluster answers for it' }
}

function isDeniedByPolicy({ verdict, policies }: Decision): boolean {
  return (
    verdict === 'deny' &&
    policies.some(({ effect, outcome }) => effect === 'counts' && outcome.status === 'unmet')
  )
}

/** At least one policy of the cluster has to count that surely is about the image. */
function isVouchedFor({ policies, image, subject }: Decision, set: PolicySet): boolean {
  const names = namesOf(image, subject)
  return policies.some(({ policy: name, effect }) => {
    const policy = set.policies.find((each) => each.name === name)
    return (
      effect === 'counts' &&
      policy !== undefined &&
      policy.namespace === undefined &&
      surelyApplies(policy, { names })
    )
  })
}

interface Attested {
  readonly subject: Digest
  readonly result: VerificationSummary['result']
  readonly set: PolicySet
  readonly options: AttestOptions
}

async function attest(
  decision: Decision,
  { subject, result, set, options }: Attested,
  call: Call,
): Promise<Digest> {
  const name = decision.image.endsWith(`@${subject}`) ? decision.image : `${decision.image}@${subject}`
  const opened = await options.open(name)
  const { store, root } = opened
  if (root.digest !== subject)
    throw new GateError('WRONG_IMAGE', 'the place has another image than the one that was decided about', {
      on: name,
      expected: subject,
      got: root.digest,
    })
  const place = placeName(decision.image)
  const proofs = decision.policies.flatMap(({ outcome }) => proofsOf(outcome))
  const payload = summaryStatement({
    subjects: [subject, ...(await partsOf(opened, call))],
    subjectName: place,
    verifier: options.verifier,
    timeVerified: options.now,
    resourceUri: options.resource.replaceAll('{repo}', place),
    policy: options.policy,
    inputs: inputsOf(proofs, place),
    result,
    levels: verifiedLevels(decision, set.policies),
  })
  const [signed] = await attestImage(
    { store, subject: root },
    { ...options.signing, statement: { bytes: payload } },
    call,
  )
  if (signed?.manifest === undefined) throw new Error('a summary was signed and not attached')
  return signed.manifest.digest
}

/** The images that an index consists of. */
async function partsOf({ store, root }: OpenedImage, call: Call): Promise<readonly Digest[]> {
  if (!isIndexType(root.mediaType)) return []
  const { images } = await loadImages(store, root, { call })
  return images.map(({ manifest }) => manifest.descriptor.digest)
}

/** Every attachment that counted, once, by the digest under which it hangs on the image. */
function inputsOf(proofs: readonly Proof[], place: string): VerificationSummary['inputs'] {
  const digests = proofs.flatMap(({ source }) => {
    if (source.kind === 'referrer') return [source.manifest.digest]
    return source.kind === 'legacy' ? [source.layer.digest] : []
  })
  return [...new Set(digests)].map((digest) => ({ uri: `oci://${place}@${digest}`, digest }))
}

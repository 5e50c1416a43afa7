import { isIndexType, type Call, type Digest } from '@assay/registry'
import { loadImages } from '../image/load-images.ts'
import type { Decision, GateReport } from '../policy/decision.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import { proofsOf, verifiedLevels } from '../policy/verified-levels.ts'
import { attestImage } from '../sign/sign-image.ts'
import type { VerifiedSigningOptions } from '../sign/image-signature.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { summaryStatement, type VerificationSummary } from '../statement/verification-summary.ts'
import type { Proof } from '../verify/proof.ts'
import { placeName } from './facts.ts'
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
    const { subject } = decision
    const result = resultOf(decision, report, { set, options })
    if (result === undefined || subject === undefined) {
      decisions.push(decision)
      continue
    }
    const key = `${result} ${decision.image} ${subject}`
    // One after the other, as all signing; the same image gets one summary, however often it is named.
    // oxlint-disable-next-line no-await-in-loop -- see above
    const manifest = attested.get(key) ?? (await attest(decision, { subject, result, set, options }, call))
    attested.set(key, manifest)
    decisions.push({ ...decision, summary: { result, manifest } })
  }
  return { ...report, decisions }
}

/** Undefined where nobody may say anything. */
function resultOf(
  decision: Decision,
  { decisions }: GateReport,
  { set, options: { failures } }: { readonly set: PolicySet; readonly options: AttestOptions },
): VerificationSummary['result'] | undefined {
  const { verdict, letThrough, partOf, subject } = decision
  if (partOf !== undefined || subject === undefined) return undefined
  const parts = decisions.filter((other) => other.partOf === subject)
  if (verdict === 'deny' || parts.some((part) => part.verdict === 'deny'))
    return failures ? 'FAILED' : undefined
  const passed = [decision, ...parts].every(
    (each) => each.verdict === 'allow' && each.letThrough !== true && isVouchedFor(each, set),
  )
  return passed && letThrough !== true ? 'PASSED' : undefined
}

/** At least one policy of the cluster has to count, and none may have been set aside by an exception. */
function isVouchedFor({ policies }: Decision, set: PolicySet): boolean {
  const ofNamespaces = new Set(
    set.policies.flatMap(({ name, namespace }) => (namespace === undefined ? [] : name)),
  )
  return (
    policies.some(
      ({ policy, effect, outcome }) =>
        effect === 'counts' && outcome.status === 'met' && !ofNamespaces.has(policy),
    ) && policies.every(({ effect }) => effect !== 'excepted')
  )
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

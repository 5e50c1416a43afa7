import { createHash } from 'node:crypto'
import { digestOf, type Call } from '@assay/registry'
import { parseDetached } from '../../bundle/parse-detached.ts'
import { printBundle } from '../../bundle/print-bundle.ts'
import type { BundleContent, BundleFormat, LogEntry, SignedMaterial } from '../../bundle/signed-bundle.ts'
import { VerificationError } from '../../refusal/verification-error.ts'
import { signedContent } from '../../verify/signed-content.ts'
import { readLogEntryBody } from '../../verify/log-entry-body.ts'
import { entryAt, type LogAccess } from '../witnesses/rekor-v1-lookup.ts'
import { checkTimestamp } from './parts-belong.ts'
import { sameEntry } from './same-entry.ts'

export interface UpgradedBundle {
  readonly from: BundleFormat
  /** The bundle file v0.3; the same bytes where it was one already. */
  readonly bundle: Uint8Array
}

/**
 * Brings a bundle file of an older form to v0.3: v0.1, v0.2, or what cosign v1 and v2 wrote beside a blob. The log
 * is asked for proofs that are missing; of a chain the leaf stays. The signature is the same, and not verified here.
 * @param options.artifact what was signed, for old files that do not say its digest and have no log entry; where they
 * do, it has to be the same
 * @throws VerificationError, SigningError
 */
export async function upgradeBundle(
  bytes: Uint8Array,
  options: { readonly log: LogAccess; readonly artifact?: Uint8Array },
  call?: Call,
): Promise<UpgradedBundle> {
  const material = parseDetached(bytes)
  if (material.format === 'v0.3') {
    if (options.artifact !== undefined) contentOf(material, options.artifact)
    return { from: 'v0.3', bundle: bytes }
  }
  return { from: material.format, bundle: await upgradeMaterial(material, options, call) }
}

/**
 * The same for what was read from somewhere else: a layer of cosign's `.att` or `.sig` tag. Of a `.sig` the artifact
 * is its payload.
 * @throws VerificationError, SigningError
 */
export async function upgradeMaterial(
  material: SignedMaterial,
  options: { readonly log: LogAccess; readonly artifact?: Uint8Array },
  call?: Call,
): Promise<Uint8Array> {
  // cosign v2 has authorities stamp the whole envelope of an attestation, and a bundle has no place for that.
  for (const timestamp of material.timestamps) checkTimestamp(timestamp, material.content.signature)
  const logEntries: LogEntry[] = []
  for (const entry of material.logEntries) {
    const isComplete = entry.proof?.checkpoint !== undefined
    // oxlint-disable-next-line no-await-in-loop -- one question after the other, of a few at most
    logEntries.push(isComplete ? entry : await completed(entry))
  }
  const content = contentOf(material, options.artifact)
  return printBundle({ ...material, format: 'v0.3', content, logEntries })

  async function completed(entry: LogEntry): Promise<LogEntry> {
    return sameEntry(await entryAt(options.log, entry.logIndex, call), entry, options.log.url)
  }
}

function contentOf({ content, logEntries }: SignedMaterial, artifact: Uint8Array | undefined): BundleContent {
  if (content.kind === 'dsse') {
    if (artifact !== undefined) signedContent(content, { subject: digestOf(artifact), artifact })
    return content
  }
  const { signature } = content
  if (content.kind === 'simple-signing')
    return { kind: 'message', signature, digest: hashed('sha256', content.payload) }
  const [entry] = logEntries
  const said = content.digest ?? (entry === undefined ? undefined : readLogEntryBody(entry).signedDigest)
  const digest = artifact === undefined ? said : hashed(said?.algorithm ?? 'sha256', artifact)
  if (digest === undefined)
    throw new VerificationError('MALFORMED_BUNDLE', 'the bundle does not say what was signed', {
      step: 'bundle',
      hint: 'give --artifact FILE',
    })
  if (said !== undefined && Buffer.compare(said.value, digest.value) !== 0)
    throw new VerificationError('SUBJECT_MISMATCH', 'the bundle is about something else than the artifact', {
      step: 'subject',
      expected: hexOf(digest),
      got: hexOf(said),
    })
  return { ...content, digest }
}

type MessageDigest = NonNullable<(BundleContent & { readonly kind: 'message' })['digest']>

function hashed(algorithm: MessageDigest['algorithm'], bytes: Uint8Array): MessageDigest {
  return { algorithm, value: createHash(algorithm).update(bytes).digest() }
}

function hexOf({ algorithm, value }: MessageDigest): string {
  return `${algorithm}:${Buffer.from(value).toString('hex')}`
}

import { CodedError, type Call, type ContentSource, type Descriptor } from '@assay/registry'
import type { FoundAttachment } from '../attach/attachment.ts'
import { findAttachments } from '../attach/find-attachments.ts'
import { unjudged } from '../attach/verify-attachment.ts'
import { faultsOf, verifyAttachments } from '../attach/verify-attachments.ts'
import type { EvidenceFact, Incomplete, RefusedEvidence } from '../policy/facts.ts'
import type { View } from '../policy/view.ts'
import { TrustError } from '../trust/trust-error.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { GateError } from './gate-error.ts'
import type { GateIo } from './gate-io.ts'
import { viewOptions } from './view-options.ts'

/** An image that was found, with the bytes of its manifest. */
export interface Subject {
  readonly store: ContentSource
  readonly root: Descriptor
  readonly bytes: Uint8Array
}

/**
 * Finds what is attached to an image, once for each place, and verifies each attachment once for each view. What
 * cannot be had makes the evidence incomplete; it is never taken for "there is none".
 */
export async function collectEvidence(
  subject: Subject,
  views: readonly View[],
  asking: Asking,
): Promise<ReadonlyMap<string, EvidenceFact>> {
  const places = new Map<string, Promise<Found>>()
  for (const view of views) {
    const place = placeOf(view)
    if (!places.has(place)) places.set(place, find(subject, view, asking))
  }
  const collected = new Map<string, EvidenceFact>()
  for (const view of views) {
    // oxlint-disable-next-line no-await-in-loop -- verification is computation; one view after the other
    const found = (await places.get(placeOf(view))) ?? { attachments: [] }
    // oxlint-disable-next-line no-await-in-loop -- as above
    collected.set(view.key, await verifyUnder(view, found, { subject, asking }))
  }
  return collected
}

export interface Asking {
  readonly io: GateIo
  readonly call: Call
  /** What is attached to this very image beside it, where somebody asked already. */
  readonly early?: Promise<readonly FoundAttachment[]> | undefined
}

interface Found {
  readonly attachments: readonly FoundAttachment[]
  readonly incomplete?: Incomplete
}

function placeOf({ source }: View): string {
  return JSON.stringify([source?.oci ?? null, source?.tagPrefix ?? null])
}

async function find(subject: Subject, { source }: View, { io, call, early }: Asking): Promise<Found> {
  try {
    const { tagPrefix } = source ?? {}
    if (tagPrefix !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(tagPrefix))
      throw new GateError('UNSUPPORTED', 'tagPrefix is the beginning of no tag', { got: tagPrefix })
    if (source === undefined && early !== undefined) return { attachments: await early }
    const place = source?.oci === undefined ? subject.store : await io.openPlace(source.oci)
    return { attachments: await findAttachments(place, subject.root.digest, { ...call, tagPrefix }) }
  } catch (error) {
    return { attachments: [], incomplete: incompleteBy(error) }
  }
}

async function verifyUnder(
  view: View,
  found: Found,
  { subject, asking }: { readonly subject: Subject; readonly asking: Asking },
): Promise<EvidenceFact> {
  const { incomplete } = found
  if (incomplete !== undefined) return { proofs: [], refused: [], incomplete }
  // Without anything attached nobody needs to be asked for keys and roots: it is a no in any case.
  if (found.attachments.length === 0) return { proofs: [], refused: [] }
  const proofs: Proof[] = []
  const refused: RefusedEvidence[] = []
  try {
    const options = { ...(await viewOptions(view, asking.io)), ...asking.call }
    const about = { digest: subject.root.digest, bytes: subject.bytes }
    const verdicts = await verifyAttachments(found.attachments, about, options)
    for (const verdict of verdicts) {
      if (verdict.status === 'verified') proofs.push(verdict.proof)
      else refused.push({ ...verdict.refusal, source: digestOfSource(verdict.source) })
    }
    const [fault] = faultsOf(verdicts)
    // What was proven stays proven; what stands in the others, nobody knows.
    if (fault !== undefined) return { proofs, refused, incomplete: incompleteBy(unjudged(fault)) }
    const [lost] = verdicts.flatMap((verdict) => (verdict.status === 'refused' ? (verdict.lost ?? []) : []))
    return { proofs, refused, ...(lost !== undefined && { unseen: incompleteBy(lost) }) }
  } catch (error) {
    return { proofs: [], refused: [], incomplete: incompleteBy(error) }
  }
}

function digestOfSource(source: ProofSource): string {
  if (source.kind === 'referrer') return source.manifest.digest
  return source.kind === 'legacy' ? source.layer.digest : 'a bundle file'
}

/** Why something is missing. Anything but a coded error is a bug of ours, and goes on. */
function incompleteBy(error: unknown): Incomplete {
  if (error instanceof GateError) return { code: codes[error.code], error }
  if (error instanceof TrustError) {
    const isKey = error.code === 'MALFORMED_KEY' || error.code === 'UNSUPPORTED_KEY'
    return { code: isKey ? 'KEY_UNRESOLVED' : 'TRUST_ROOT_UNRESOLVED', error }
  }
  if (error instanceof CodedError) return { code: 'EVIDENCE_UNAVAILABLE', error }
  throw error
}

const codes = {
  NO_IMAGES: 'EVIDENCE_UNAVAILABLE',
  UNSUPPORTED: 'NOT_SUPPORTED',
  UNKNOWN_TRUST_ROOT: 'TRUST_ROOT_UNRESOLVED',
  CONFLICTING_TRUST_ROOTS: 'TRUST_ROOT_UNRESOLVED',
  UNKNOWN_KEY: 'KEY_UNRESOLVED',
  PROGRAM_UNAVAILABLE: 'EVIDENCE_UNAVAILABLE',
  PROGRAM_MISMATCH: 'EVIDENCE_UNAVAILABLE',
  WRONG_IMAGE: 'EVIDENCE_UNAVAILABLE',
} as const

import type { HashAlgorithm, KeySource, Policy, SignatureSource, SignedAuthority } from './policy.ts'

/**
 * One way to look at an image's attachments: what is trusted, and what the verification demands. Authorities that
 * look the same way share the answer, however many identities they name.
 */
export interface View {
  /** The same for views that are the same. */
  readonly key: string
  readonly signer: ViewSigner
  /** The name of a TrustRoot; undefined means the run's own. */
  readonly trustRootRef: string | undefined
  /** Names of trust roots that contradict the one above: no such view can be had. */
  readonly otherTrustRoots: readonly string[]
  readonly transparencyLog: 'require' | 'insecure-ignore'
  readonly sct: 'require' | 'insecure-ignore'
  readonly source: SignatureSource | undefined
  /** Whether a rule asks when it was signed: then even a bare key needs somebody's word for that. */
  readonly time: 'needed' | 'not-needed'
}

export type ViewSigner =
  | { readonly kind: 'key'; readonly key: KeySource; readonly hashAlgorithm: HashAlgorithm | undefined }
  | { readonly kind: 'certificate'; readonly caCert: KeySource | undefined }

/** How the run's own trust root is named in messages. */
export const ownTrustRoot: string = "the run's own"

/** How an authority looks at attachments. */
export function viewOf(authority: SignedAuthority): View {
  const { signer, log, source } = authority
  const [trustRootRef, ...others] = trustRootsOf(authority)
  const view: Omit<View, 'key'> = {
    signer: viewSigner(signer),
    trustRootRef,
    otherTrustRoots: others.map((name) => name ?? ownTrustRoot),
    transparencyLog: log.demand === 'required' ? 'require' : 'insecure-ignore',
    sct: signer.kind === 'keyless' && signer.insecureIgnoreSct ? 'insecure-ignore' : 'require',
    source: source?.oci === undefined && source?.tagPrefix === undefined ? undefined : source,
    time: needsTime(authority) ? 'needed' : 'not-needed',
  }
  return { key: keyOf(view), ...view }
}

/** JSON keeps texts apart that a plain join would run together (attack A-73). */
function keyOf({
  signer,
  trustRootRef,
  otherTrustRoots,
  transparencyLog,
  sct,
  source,
  time,
}: Omit<View, 'key'>): string {
  const trust = [trustRootRef ?? null, otherTrustRoots]
  return JSON.stringify([signer, ...trust, transparencyLog, sct, source ?? null, time])
}

/**
 * The trust root of each role that somebody plays for this authority; undefined is the run's own, and as much a name
 * as any other: otherwise a root that is named for its log alone would certify signers, too. A log or a clock
 * without a name is the one of the signer's root.
 */
function trustRootsOf({ signer, log, timestamp }: SignedAuthority): ReadonlySet<string | undefined> {
  const certifier = signer.kind === 'keyless' ? signer.trustRootRef : undefined
  const roots = new Set<string | undefined>()
  if (signer.kind === 'keyless') roots.add(certifier)
  if (log.demand !== 'ignored') roots.add(log.trustRootRef ?? certifier)
  if (timestamp.demand === 'required') roots.add(timestamp.trustRootRef ?? certifier)
  return roots
}

/** A bare key without a log or a time needs nobody's word: a trust root that cannot be had is no obstacle. */
export function isBare({ signer, transparencyLog, trustRootRef, time }: View): boolean {
  return (
    signer.kind === 'key' &&
    transparencyLog === 'insecure-ignore' &&
    trustRootRef === undefined &&
    time === 'not-needed'
  )
}

function needsTime({ signer, timestamp, maxAge, attestations }: SignedAuthority): boolean {
  // The trust root of certificates is asked for in any case.
  if (signer.kind === 'keyless') return false
  if (timestamp.demand === 'required' || maxAge !== undefined) return true
  return attestations.some(({ maxAge: age, summary }) => age !== undefined || summary?.maxAge !== undefined)
}

/** All the views that some policies need, each once. */
export function viewsOf(policies: readonly Policy[]): readonly View[] {
  const views = new Map<string, View>()
  for (const policy of policies) {
    for (const authority of policy.authorities) {
      if (authority.kind === 'static') continue
      const view = viewOf(authority)
      views.set(view.key, view)
    }
  }
  return [...views.values()]
}

function viewSigner(signer: SignedAuthority['signer']): ViewSigner {
  if (signer.kind === 'key') return { kind: 'key', key: signer.key, hashAlgorithm: signer.hashAlgorithm }
  return { kind: 'certificate', caCert: signer.caCert }
}

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
}

export type ViewSigner =
  | { readonly kind: 'key'; readonly key: KeySource; readonly hashAlgorithm: HashAlgorithm | undefined }
  | { readonly kind: 'certificate'; readonly caCert: KeySource | undefined }

/** How an authority looks at attachments. */
export function viewOf(authority: SignedAuthority): View {
  const { signer, log, source } = authority
  const [trustRootRef, ...otherTrustRoots] = trustRootsOf(authority)
  const view: Omit<View, 'key'> = {
    signer: viewSigner(signer),
    trustRootRef,
    otherTrustRoots,
    transparencyLog: log.demand === 'required' ? 'require' : 'insecure-ignore',
    sct: signer.kind === 'keyless' && signer.insecureIgnoreSct ? 'insecure-ignore' : 'require',
    source: source?.oci === undefined && source?.tagPrefix === undefined ? undefined : source,
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
}: Omit<View, 'key'>): string {
  return JSON.stringify([signer, trustRootRef ?? null, otherTrustRoots, transparencyLog, sct, source ?? null])
}

function trustRootsOf({ signer, log, timestamp }: SignedAuthority): ReadonlySet<string> {
  const named = [
    signer.kind === 'keyless' ? signer.trustRootRef : undefined,
    log.trustRootRef,
    timestamp.demand === 'required' ? timestamp.trustRootRef : undefined,
  ]
  return new Set(named.filter((name) => name !== undefined))
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

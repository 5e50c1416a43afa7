import { complain, complainMissing, complainValue, readEntries, readText } from './slot.ts'
import type { Fields } from './slot.ts'
import { clusterConfigName } from './parse-gate-config.ts'

/** What a document is. */
export type DocumentKind =
  | {
      readonly kind: 'policy'
      /** Our own kind, with its optional fields. */
      readonly own: boolean
      readonly scope: 'cluster' | 'namespace'
    }
  | { readonly kind: 'trust-root' }
  | { readonly kind: 'gate-config' }
  | { readonly kind: 'cluster-config' }
  /** Texts that policies refer to. */
  | { readonly kind: 'texts'; readonly of: 'Secret' | 'ConfigMap' }

const kinds: ReadonlyMap<string, DocumentKind> = new Map([
  ['ClusterImagePolicy policy.sigstore.dev/v1alpha1', { kind: 'policy', own: false, scope: 'cluster' }],
  ['ClusterImagePolicy policy.sigstore.dev/v1beta1', { kind: 'policy', own: false, scope: 'cluster' }],
  ['ClusterImagePolicy assay.dev/v1alpha1', { kind: 'policy', own: true, scope: 'cluster' }],
  ['ImagePolicy assay.dev/v1alpha1', { kind: 'policy', own: true, scope: 'namespace' }],
  ['TrustRoot policy.sigstore.dev/v1alpha1', { kind: 'trust-root' }],
  ['GateConfig assay.dev/v1alpha1', { kind: 'gate-config' }],
])

/** Reads `apiVersion` and `kind`. */
export function readKind(fields: Fields, name: string | undefined): DocumentKind | undefined {
  const version = readText(fields.get('apiVersion'))
  const kind = readText(fields.get('kind'))
  for (const missing of ['apiVersion', 'kind']) if (!fields.has(missing)) complainMissing(fields, [missing])
  if (version === undefined || kind === undefined) return undefined
  if (kind === 'ConfigMap' && version === 'v1' && name === clusterConfigName)
    return { kind: 'cluster-config' }
  if ((kind === 'ConfigMap' || kind === 'Secret') && version === 'v1') return { kind: 'texts', of: kind }
  const known = kinds.get(`${kind} ${version}`)
  if (known !== undefined) return known
  const hint = `known: ${[...kinds.keys()].map((text) => text.replace(' ', ' of ')).join(', ')}; Secret and ConfigMap of v1`
  complain(fields.get('kind'), { code: 'UNKNOWN_KIND', message: `unknown kind: ${kind} of ${version}`, hint })
  return undefined
}

/** Reads `metadata.name`. The rest of the metadata is the cluster's business. */
export function readName(fields: Fields): string | undefined {
  return readMetadata(fields, 'name')
}

/** Reads the namespace of a document that needs one. */
export function readNamespace(fields: Fields): string | undefined {
  return readMetadata(fields, 'namespace')
}

function readMetadata(fields: Fields, what: 'name' | 'namespace'): string | undefined {
  const slot = new Map(readEntries(fields.get('metadata'))).get(what)
  const name = slot === undefined ? undefined : readText(slot)
  if (slot === undefined || name === undefined) {
    complain(fields.get('metadata'), { code: 'MISSING_FIELD', message: `missing field(s): metadata.${what}` })
    return undefined
  }
  // RFC 1123 subdomain, as the cluster demands; it also keeps control characters out of reports.
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name))
    return name
  complainValue(slot, name, { expected: 'lower-case letters, digits, - and .' })
  return undefined
}

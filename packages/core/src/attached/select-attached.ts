import type { Digest } from '@assay/registry'
import type { AttachedItem, AttachedTree } from '../attach/attached-tree.ts'
import { sbomMediaTypes } from './sbom-types.ts'

/** What something attached can be taken for, by what it says of itself. */
export const attachedKinds = ['signature', 'attestation', 'sbom', 'bundle', 'referrer'] as const
export type AttachedKind = (typeof attachedKinds)[number]

/** What of all that is attached is meant: nothing else is. */
export interface AttachedSelection {
  readonly kinds: ReadonlySet<AttachedKind>
  /** Manifests by their digest, of whatever kind. */
  readonly digests: ReadonlySet<Digest>
  /** Also what is attached to the platforms of an index. */
  readonly recursive: boolean
}

/** Something attached, and what it is attached to. */
export interface SelectedItem {
  readonly subject: Digest
  readonly item: AttachedItem
  readonly kinds: readonly AttachedKind[]
}

/** What is meant, each after what is attached to it: that would hang on nothing. */
export function selectAttached(tree: AttachedTree, selection: AttachedSelection): readonly SelectedItem[] {
  const own = tree.attached.flatMap((item) => chosen(tree.manifest.digest, item, selection))
  if (!selection.recursive) return own
  return [...own, ...tree.parts.flatMap((part) => selectAttached(part, selection))]
}

function chosen(subject: Digest, item: AttachedItem, selection: AttachedSelection): readonly SelectedItem[] {
  const kinds = kindsOf(item)
  const isChosen =
    selection.digests.has(item.manifest.digest) || kinds.some((kind) => selection.kinds.has(kind))
  if (isChosen) return withAttached(subject, item)
  return item.attached.flatMap((each) => chosen(item.manifest.digest, each, byDigest(selection)))
}

/** What is attached to an attachment is meant only by its digest, or goes with it. */
function byDigest(selection: AttachedSelection): AttachedSelection {
  return { ...selection, kinds: new Set() }
}

function withAttached(subject: Digest, item: AttachedItem): readonly SelectedItem[] {
  const above = item.attached.flatMap((each) => withAttached(item.manifest.digest, each))
  return [...above, { subject, item, kinds: kindsOf(item) }]
}

/** All that an item can be called. A bundle that cannot be read is a bundle still. */
function kindsOf({ by, type, claims }: AttachedItem): readonly AttachedKind[] {
  if (by.kind === 'tag') return [suffixKinds[by.tag.slice(by.tag.lastIndexOf('.') + 1)] ?? 'referrer']
  if (claims.length > 0) {
    const claimed = claims.flatMap(({ kind }) => (kind === 'unreadable' ? [] : [kind]))
    return [...new Set<AttachedKind>([...claimed, 'bundle', 'referrer'])]
  }
  const legacy = /^application\/vnd\.dev\.cosign\.artifact\.(sig|att|sbom)\.v1\+json$/.exec(type)?.[1] ?? ''
  const kind = sbomMediaTypes.has(type) ? 'sbom' : suffixKinds[legacy]
  return kind === undefined ? ['referrer'] : [kind, 'referrer']
}

const suffixKinds: Readonly<Record<string, AttachedKind>> = {
  sig: 'signature',
  att: 'attestation',
  sbom: 'sbom',
}

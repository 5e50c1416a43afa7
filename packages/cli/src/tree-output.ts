import { platformName, predicateAlias, type AttachedItem, type AttachedTree, type Claim } from '@assay/core'
import { redact } from '@assay/registry'
import { jsonText } from './json-text.ts'

/** The version of the JSON document. */
const schema = 'assay.tree/v1'

/** What is attached to an image, for people. Nothing here was verified, and the words say so. */
export function treeText(image: string, tree: AttachedTree): string {
  const lines = [image, ...branchesOf(tree)]
  if (countOf(tree) > 0)
    lines.push('', 'Nothing above was verified: it is what the attachments say of themselves.')
  return `${lines.map(redact).join('\n')}\n`
}

function branchesOf(tree: AttachedTree): readonly string[] {
  const branches = [...tree.attached.map(itemBranch), ...tree.parts.map(partBranch)]
  if (branches.length === 0) return [`└─ nothing is attached`]
  return join(branches)
}

/** One branch: its first line, and what hangs below. */
type Branch = readonly [string, ...string[]]

function partBranch(part: AttachedTree): Branch {
  const platform = part.platform === undefined ? '' : `${platformName(part.platform)} `
  return [`${platform}${part.manifest.digest}`, ...branchesOf(part)]
}

function itemBranch(item: AttachedItem): Branch {
  const how = item.by.kind === 'tag' ? `tag ${item.by.tag}` : `referrer ${item.manifest.digest}`
  const claims = item.claims.map(claimText)
  const facts = claims.length === 0 ? [item.type === '' ? 'of no stated type' : `type ${item.type}`] : claims
  const below = join(item.attached.map(itemBranch))
  return [how, ...facts.map((fact) => `${below.length === 0 ? ' ' : '│'}  ${fact}`), ...below]
}

function claimText(claim: Claim): string {
  if (claim.kind === 'unreadable') return `cannot be read: ${claim.reason}`
  const { kind, predicateType } = claim
  const what = kind === 'signature' ? 'a signature' : 'an attestation'
  const alias = predicateType === undefined ? undefined : predicateAlias(predicateType)
  const of = kind === 'signature' || predicateType === undefined ? '' : ` of ${alias ?? predicateType}`
  return `claims to be ${what}${of}${signerText(claim)}`
}

function signerText({ signer }: Exclude<Claim, { readonly kind: 'unreadable' }>): string {
  if (signer === undefined) return ''
  return signer.kind === 'key' ? ` with the key ${signer.hint}` : ` by ${signer.subject} (${signer.issuer})`
}

function join(branches: readonly Branch[]): readonly string[] {
  return branches.flatMap(([first, ...rest], at) => {
    const isLast = at === branches.length - 1
    return [`${isLast ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`)]
  })
}

function countOf(tree: AttachedTree): number {
  return tree.attached.length + tree.parts.reduce((sum, part) => sum + countOf(part), 0)
}

/** The same for machines; `unverified` holds what the attachments say of themselves. */
export function treeDocument(image: string, tree: AttachedTree): string {
  return jsonText({ schema, ok: true, image, ...partDocument(tree) })
}

interface PartDocument {
  readonly digest: string
  readonly mediaType: string
  readonly platform?: string
  readonly attached: readonly ItemDocument[]
  readonly parts: readonly PartDocument[]
}

interface ItemDocument {
  readonly digest: string
  readonly tag?: string
  readonly unverified: { readonly artifactType?: string; readonly claims: readonly Claim[] }
  readonly attached: readonly ItemDocument[]
}

function partDocument({ manifest, platform, attached, parts }: AttachedTree): PartDocument {
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    ...(platform !== undefined && { platform: platformName(platform) }),
    attached: attached.map(itemDocument),
    parts: parts.map(partDocument),
  }
}

function itemDocument({ manifest, by, type, claims, attached }: AttachedItem): ItemDocument {
  return {
    digest: manifest.digest,
    ...(by.kind === 'tag' && { tag: by.tag }),
    unverified: { ...(type !== '' && { artifactType: type }), claims },
    attached: attached.map(itemDocument),
  }
}

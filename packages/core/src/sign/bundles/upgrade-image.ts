import type { Call, ContentStore, Descriptor, Digest } from '@assay/registry'
import { attachBundle } from '../../attach/attach-bundle.ts'
import { materialOf } from '../../attach/attached-material.ts'
import type { Attachment } from '../../attach/attachment.ts'
import { withContents } from '../../attach/attached-content.ts'
import { findAttachments } from '../../attach/find-attachments.ts'
import { parseStatement } from '../../statement/parse-statement.ts'
import type { LogAccess } from '../witnesses/rekor-v1-lookup.ts'
import { upgradeMaterial } from './upgrade-bundle.ts'

/** What became of one legacy layer. */
export interface UpgradedLayer {
  readonly layer: Digest
  readonly outcome:
    | { readonly kind: 'attached'; readonly manifest: Digest; readonly predicateType: string }
    /** A bundle with the same signature is there. */
    | { readonly kind: 'present' }
    /** A `.sig` is over a payload of cosign's, not over a statement about the image: no bundle can say the same. */
    | { readonly kind: 'not-a-statement' }
}

type Readable = Exclude<Attachment, { readonly kind: 'unusable' }>

/**
 * Attaches the attestations of cosign's `.att` tag once more, as bundles v0.3, with the same signatures and log entries.
 * What is there stays. Nothing is verified: the bundles prove what the old layers prove, and whoever relies on them
 * verifies them.
 * @throws VerificationError, SigningError, RegistryError
 */
export async function upgradeImage(
  image: { readonly store: ContentStore; readonly subject: Descriptor },
  options: { readonly log: LogAccess; readonly now: Date },
  call: Call = {},
): Promise<readonly UpgradedLayer[]> {
  const { store, subject } = image
  const found = await findAttachments(store, subject.digest, call)
  const signatures = await withContents(found, async (each) =>
    each.kind === 'bundle' ? [signatureOf(each)] : [],
  )
  const present = new Set(signatures.flat())
  // One after the other: they may share a fallback tag.
  const upgraded = await withContents(found, async (attachment): Promise<readonly UpgradedLayer[]> => {
    if (attachment.kind !== 'legacy-attestation' && attachment.kind !== 'legacy-signature') return []
    const { digest: layer } = attachment.layer
    if (attachment.kind === 'legacy-signature') return [{ layer, outcome: { kind: 'not-a-statement' } }]
    if (present.has(signatureOf(attachment))) return [{ layer, outcome: { kind: 'present' } }]
    return [{ layer, outcome: await attach(attachment) }]
  })
  return upgraded.flat()

  async function attach(attachment: Readable): Promise<UpgradedLayer['outcome']> {
    const material = materialOf(attachment)
    const bundle = await upgradeMaterial(material, options, call)
    const { predicateType } = parseStatement(
      material.content.kind === 'dsse' ? material.content.payload : new Uint8Array(),
    )
    const { manifest } = await attachBundle(store, subject, {
      bundle,
      predicateType,
      createdAt: options.now,
      ...call,
    })
    return { kind: 'attached', manifest: manifest.digest, predicateType }
  }
}

function signatureOf(attachment: Readable): string {
  return Buffer.from(materialOf(attachment).content.signature).toString('base64')
}

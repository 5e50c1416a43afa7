import { redact } from '@assay/registry'
import type { Provenance } from '../statement/slsa-provenance.ts'
import { auditDocument, type AuditedImage, type AuditedImageDocument } from './audit-document.ts'
import { shortMaterials, shortParameters } from './provenance-facts.ts'
import { signerLines } from './signature-lines.ts'
import type { SignatureDocument } from './verification-document.ts'

/** An audit for people: image by image, who signed what and when, from what it was built, what is missing. */
export function renderAudit(images: readonly AuditedImage[]): string {
  return auditDocument(images)
    .images.map((image) => `${imageLines(image).map(redact).join('\n')}\n`)
    .join('\n')
}

function imageLines(image: AuditedImageDocument): readonly string[] {
  if ('error' in image)
    return [image.image, `  COULD NOT BE READ  ${image.error.message} [${image.error.code}]`]
  return [
    image.platform === undefined ? image.image : `${image.image} (${image.platform})`,
    ...image.signed.flatMap(({ provenance, ...signature }) => [
      ...signerLines(signature),
      ...(provenance === undefined ? [] : provenanceLines(provenance, signature)),
    ]),
    ...image.missing.map((what) => `  MISSING  no ${what} that holds`),
    ...image.refused.flatMap((refused) => [
      `  REFUSED  ${refused.source.kind} ${refused.source.digest ?? ''}`.trimEnd(),
      `    ${refused.step}: ${refused.message} [${refused.code}]`,
      ...(refused.expected === undefined ? [] : [`      expected ${refused.expected}`]),
      ...(refused.got === undefined ? [] : [`      got      ${refused.got}`]),
    ]),
  ]
}

/** What the builder says; source and commit only where the certificate, which is better known, says something else. */
function provenanceLines(provenance: Provenance, signature: SignatureDocument): readonly string[] {
  const { builder, source, commit, ref, trigger, invocation } = provenance
  const said: readonly (readonly [name: string, value: string | undefined])[] = [
    ['builder', builder],
    ['built from', source === signature.repository ? undefined : source],
    ['of commit', commit === signature.commit ? undefined : commit],
    ['ref', ref],
    ['trigger', trigger],
    ['invocation', invocation],
    ['parameters', shortParameters(provenance)],
    ...shortMaterials(provenance).map((material) => ['material', material] as const),
  ]
  return said.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(11)} ${value}`]))
}

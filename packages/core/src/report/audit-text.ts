import { redact } from '@assay/registry'
import { auditDocument, type AuditedImage, type AuditedImageDocument } from './audit-document.ts'
import { signerLines } from './signature-lines.ts'

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
      ...(provenance === undefined
        ? []
        : Object.entries({
            builder: provenance.builder,
            ref: provenance.ref,
            trigger: provenance.trigger,
            invocation: provenance.invocation,
            materials: provenance.materials.length === 0 ? undefined : `${provenance.materials.length}`,
          }).flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(11)} ${value}`]))),
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

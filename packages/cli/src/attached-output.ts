import type { AttachedFile } from '@assay/core'
import { redact } from '@assay/registry'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that `attach` prints. */
const schema = 'assay.attached/v1'

/** What was attached, for people. */
export function attachedText(image: string, files: readonly AttachedFile[]): string {
  const lines = files.flatMap(({ manifest, by, mediaType }) => [
    `ATTACHED to ${image}`,
    `  type        ${mediaType}`,
    by === 'subject' ? `  referrer    ${manifest.digest}` : `  tag         ${by.tag}`,
  ])
  return `${[...lines, '  verified    no: only that it is about the image'].map(redact).join('\n')}\n`
}

/** The same for machines. */
export function attachedDocument(image: string, files: readonly AttachedFile[]): string {
  const attached = files.map(({ manifest, by, mediaType }) => ({
    digest: manifest.digest,
    mediaType,
    ...(by !== 'subject' && { tag: by.tag }),
  }))
  return jsonText({ schema, ok: true, image, verified: false, attached })
}

import { redact } from '@assay/registry'
import { sizeText, type CopiedImage, type OpenedImage, type OpenedTarget } from '@assay/core'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that `copy`, `save` and `load` print. */
const schema = 'assay.copied/v1'

export interface Copy {
  readonly from: OpenedImage
  readonly to: OpenedTarget
  readonly copied: CopiedImage
}

/** What was copied, for people. */
export function copiedText({ from, to, copied }: Copy): string {
  const { root, tag, attachedTags } = copied
  const lines = [
    `COPIED ${from.place}@${root.digest}`,
    `  to       ${to.place}@${root.digest}${tag === undefined ? '' : `, named ${tag}`}`,
    `  parts    ${copied.copied} copied, ${copied.mounted} mounted, ${copied.skipped} already there`,
    `  moved    ${sizeText(copied.bytes)}`,
    ...attachedTags.map((each) => `  with     ${each}`),
  ]
  return `${lines.map(redact).join('\n')}\n`
}

/** The same for machines. */
export function copiedDocument(copies: readonly Copy[]): string {
  const images = copies.map(({ from, to, copied }) => {
    const { root, tag, attachedTags, ...counts } = copied
    return {
      from: from.name,
      to: `${to.place}@${root.digest}`,
      ...(tag !== undefined && { name: tag }),
      digest: root.digest,
      attachedTags,
      ...counts,
    }
  })
  return jsonText({ schema, ok: true, images })
}

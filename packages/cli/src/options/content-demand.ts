import { predicateAliases, predicateTypeOf, type ContentDemand } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag, valueFlag } from './flag.ts'
import { textOf, textsOf } from './raw.ts'

/** `--type`: an attestation of this type instead of a signature; `-a`: annotations that the signature must carry. */
export const contentDemandOptions: OptionGroup<ContentDemand> = {
  flags: () => [typeFlag(), annotationsFlag('annotation that the signature must carry')],
  parse: (raw) => {
    const type = textOf(raw, 'type')
    const annotations = annotationsOf(raw)
    if (type === undefined) return { kind: 'signature', annotations }
    if (Object.keys(annotations).length > 0)
      throw new UsageError('USAGE', 'annotations belong to signatures: leave out --type or -a')
    return attestation(type)
  },
}

/** `--type` of a command that is about attestations only; cosign's own default unless given. */
export const attestationDemandOptions: OptionGroup<ContentDemand> = {
  flags: () => [typeFlag(' (default: custom)')],
  parse: (raw) => attestation(textOf(raw, 'type') ?? 'custom'),
}

function attestation(type: string): ContentDemand {
  if (type === '') throw new UsageError('USAGE', '--type must not be empty')
  return { kind: 'attestation', predicateType: predicateTypeOf(type) }
}

function typeFlag(standard = ''): ReturnType<typeof valueFlag> {
  return valueFlag(
    '--type <type>',
    `verify attestations of this predicate type: a URI, or ${predicateAliases.join(', ')}${standard}`,
  )
}

/** `-a, --annotations key=value`. */
export const annotationsFlag = (description: string): ReturnType<typeof repeatedFlag> =>
  repeatedFlag('-a, --annotations <key=value>', description)

/** @throws UsageError USAGE for a value that is not `key=value`, and for a key that is given twice */
export function annotationsOf(raw: RawOptions): Readonly<Record<string, string>> {
  const annotations = new Map<string, string>()
  for (const text of textsOf(raw, 'annotations')) {
    const equals = text.indexOf('=')
    const key = text.slice(0, Math.max(equals, 0))
    if (key === '') throw new UsageError('USAGE', 'an annotation is not key=value', { got: text })
    if (annotations.has(key)) throw new UsageError('USAGE', 'an annotation is given twice', { got: key })
    annotations.set(key, text.slice(equals + 1))
  }
  return Object.fromEntries(annotations)
}

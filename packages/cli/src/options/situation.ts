import type { Situation } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** What the images are for, and whether the glass is broken for them. */
export const situationOptions: OptionGroup<Situation> = {
  flags: () => [
    valueFlag('--namespace <name>', 'the namespace of what does not name its own, for ImagePolicy documents'),
    valueFlag(
      '--namespace-labels <k=v,…>',
      'its labels, for namespaceSelector; unknown ones count as a match',
    ),
    valueFlag(
      '--break-glass <reason>',
      'let the images through whatever the policies say, if a GateConfig lets the user; always recorded',
    ),
    valueFlag('--break-glass-user <name>', 'who breaks the glass: one of the GateConfig’s allowedUsers'),
  ],
  parse: (raw) => {
    const name = namespaceOf(raw)
    const labels = labelsOf(raw)
    const breakGlass = textOf(raw, 'breakGlass')
    const user = textOf(raw, 'breakGlassUser')
    if (breakGlass?.trim() === '') throw new UsageError('USAGE', '--break-glass needs a reason')
    if (breakGlass !== undefined && user === undefined)
      throw new UsageError('USAGE', '--break-glass needs --break-glass-user', { hint: 'say who asks for it' })
    const namespace = {
      ...(name === undefined ? {} : { name }),
      ...(labels === undefined ? {} : { labels }),
    }
    return {
      ...(Object.keys(namespace).length === 0 ? {} : { namespace }),
      ...(breakGlass === undefined ? {} : { breakGlass }),
      ...(user === undefined ? {} : { user }),
    }
  },
}

/** RFC 1123: what no namespace is called, an unset variable for one, would take every ImagePolicy out. */
function namespaceOf(raw: RawOptions): string | undefined {
  const name = textOf(raw, 'namespace')
  if (name === undefined || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name
  throw new UsageError('USAGE', '--namespace is not the name of a namespace', {
    expected: 'lower-case letters, digits and -, at most 63',
    got: name,
  })
}

function labelsOf(raw: RawOptions): Readonly<Record<string, string>> | undefined {
  const text = textOf(raw, 'namespaceLabels')
  if (text === undefined) return undefined
  const labels = text.split(',').map((pair) => {
    const [, key, value] = /^([A-Za-z0-9][A-Za-z0-9._/-]{0,316})=([A-Za-z0-9._-]{0,63})$/.exec(pair) ?? []
    if (key !== undefined && value !== undefined) return [key, value] as const
    throw new UsageError('USAGE', '--namespace-labels is malformed', {
      expected: 'KEY=VALUE,KEY=VALUE',
      got: text,
    })
  })
  return Object.fromEntries(labels)
}

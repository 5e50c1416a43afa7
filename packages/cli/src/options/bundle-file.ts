import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--bundle`: the file that is written. */
export const bundleFileOption: OptionGroup<string> = {
  flags: () => [valueFlag('--bundle <file>', 'the file that the bundle is written to')],
  parse: (raw) => {
    const path = textOf(raw, 'bundle')
    if (path !== undefined && path !== '') return path
    throw new UsageError('USAGE', '--bundle is missing', { hint: 'name the file that the bundle goes to' })
  },
}

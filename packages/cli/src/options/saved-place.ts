import type { LayoutReference } from '@assay/registry'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--dir`: the OCI layout in which images are saved. */
export const savedPlaceOption: OptionGroup<LayoutReference> = {
  flags: () => [valueFlag('--dir <dir>', 'the directory: an OCI image layout')],
  parse: (raw) => {
    const path = textOf(raw, 'dir')
    if (path === undefined || path === '')
      throw new UsageError('USAGE', '--dir is missing', { expected: '--dir DIR' })
    return { kind: 'layout', path, text: path }
  },
}

import type { WorkerLanguagesOptions } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** What the programs of policies need: `--opa FILE`. */
export const languageOptions: OptionGroup<WorkerLanguagesOptions> = {
  flags: () => [
    valueFlag('--opa <file>', 'the OPA executable (1.x) for policies in Rego; CEL and CUE need nothing'),
  ],
  parse: (raw) => {
    const opa = textOf(raw, 'opa')
    return opa === undefined ? {} : { opa }
  },
}

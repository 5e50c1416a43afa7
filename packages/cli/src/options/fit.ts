import type { FitOptions } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { choiceFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--fit`: what becomes of a container whose image cannot do what the manifest asks of it. */
export const fitOption: OptionGroup<FitOptions['answer'] | undefined> = {
  flags: () => [
    choiceFlag(
      '--fit <answer>',
      'for containers whose image lacks what their command, probes, hooks or user ask for (reads its layers)',
      ['warn', 'deny', 'off'],
    ).default('warn'),
  ],
  parse: (raw) => {
    const answer = textOf(raw, 'fit')
    return answer === 'deny' || answer === 'warn' ? answer : undefined
  },
}

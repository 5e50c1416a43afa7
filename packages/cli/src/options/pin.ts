import type { OptionGroup } from '../define-command.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** `--pin`. */
export const pinOption: OptionGroup<boolean> = {
  flags: () => [
    switchFlag('--pin', 'write the digests of allowed images into the files that name them by tag'),
  ],
  parse: (raw) => flagOf(raw, 'pin'),
}

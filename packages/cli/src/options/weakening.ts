import type { OptionGroup } from '../define-command.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** Checks that only a flag with "insecure" in its name switches off. */
export interface Weakened {
  readonly transparencyLog: 'require' | 'insecure-ignore'
  readonly sct: 'require' | 'insecure-ignore'
}

/** `--insecure-ignore-tlog` and `--insecure-ignore-sct`. */
export const weakeningOptions: OptionGroup<Weakened> = {
  flags: () => [
    switchFlag('--insecure-ignore-tlog', 'accept what no transparency log has seen; shown in the result'),
    switchFlag(
      '--insecure-ignore-sct',
      'accept a certificate that no certificate log promised; shown in the result',
    ),
  ],
  parse: (raw) => ({
    transparencyLog: flagOf(raw, 'insecureIgnoreTlog') ? 'insecure-ignore' : 'require',
    sct: flagOf(raw, 'insecureIgnoreSct') ? 'insecure-ignore' : 'require',
  }),
}

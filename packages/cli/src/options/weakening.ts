import { parseDuration } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'

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

/** What is demanded beyond the least. */
export interface Strengthened {
  readonly minimumLogs?: number
  readonly minimumTimestamps?: number
  /** Milliseconds. */
  readonly maximumAge?: number
}

/** `--min-logs`, `--min-timestamps`, `--use-signed-timestamps` and `--max-age`. */
export const strengtheningOptions: OptionGroup<Strengthened> = {
  flags: () => [
    valueFlag('--min-logs <n>', 'how many different transparency logs must hold it (default: 1)'),
    valueFlag('--min-timestamps <n>', 'how many different timestamp authorities must vouch for its time'),
    switchFlag('--use-signed-timestamps', 'demand a timestamp authority, as --min-timestamps 1 does'),
    valueFlag('--max-age <duration>', 'refuse what was signed longer ago, by its verified time: 90d, 12h'),
  ],
  parse: (raw) => {
    const minimumLogs = countOf(raw, 'minLogs', '--min-logs')
    const minimumTimestamps =
      countOf(raw, 'minTimestamps', '--min-timestamps') ??
      (flagOf(raw, 'useSignedTimestamps') ? 1 : undefined)
    if (minimumLogs !== undefined && flagOf(raw, 'insecureIgnoreTlog'))
      throw new UsageError('USAGE', '--min-logs and --insecure-ignore-tlog contradict each other')
    const maximumAge = ageOf(textOf(raw, 'maxAge'))
    return {
      ...(minimumLogs !== undefined && { minimumLogs }),
      ...(minimumTimestamps !== undefined && { minimumTimestamps }),
      ...(maximumAge !== undefined && { maximumAge }),
    }
  },
}

function countOf(raw: RawOptions, name: string, flag: string): number | undefined {
  const text = textOf(raw, name)
  if (text === undefined) return undefined
  if (/^[1-9][0-9]?$/.test(text)) return Number(text)
  throw new UsageError('USAGE', `${flag} is not a number from 1 to 99`, { got: text })
}

function ageOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const milliseconds = parseDuration(text)
  if (milliseconds !== undefined) return milliseconds
  throw new UsageError('USAGE', '--max-age is not a duration', {
    expected: 'like 90d, 12h or 1h30m',
    got: text,
  })
}

import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'

/** `SOURCE_DATE_EPOCH`: the time that a reproducible build says that it was made (reproducible-builds.org). */
export const sourceDateOption: OptionGroup<Date | undefined> = {
  flags: () => [],
  parse: (_, io) => {
    const text = io.env['SOURCE_DATE_EPOCH'] ?? ''
    if (text === '') return undefined
    // Up to the year 9999.
    if (/^\d{1,12}$/.test(text) && Number(text) <= 253_402_300_799) return new Date(Number(text) * 1000)
    throw new UsageError('USAGE', 'SOURCE_DATE_EPOCH is not a number of seconds since 1970', { got: text })
  },
}

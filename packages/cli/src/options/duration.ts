import { parseDuration } from '@assay/core'
import { UsageError } from '../usage-error.ts'

/** The longest time that a timer can wait, in milliseconds. */
const longest = 2 ** 31 - 1

/**
 * Reads a flag's `90s`, `1m30s` or `2h` as milliseconds that a timer can wait.
 * @throws UsageError USAGE
 */
export function durationOf(text: string, flag: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds !== undefined && milliseconds <= longest) return milliseconds
  throw new UsageError('USAGE', `${flag} is not a duration`, { expected: 'like 90s, 5m or 1h30m', got: text })
}

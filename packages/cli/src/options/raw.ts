import { UsageError } from '../usage-error.ts'
import type { RawOptions } from '../define-command.ts'

/** The text of a flag that takes one value, if it was given. */
export function textOf(raw: RawOptions, name: string): string | undefined {
  const value = raw[name]
  return typeof value === 'string' ? value : undefined
}

/** The values of a flag that may be repeated. */
export function textsOf(raw: RawOptions, name: string): readonly string[] {
  const value = raw[name]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** Whether a flag without value was given. */
export function flagOf(raw: RawOptions, name: string): boolean {
  return raw[name] === true
}

/** Reads `true` or `false`; anything else is a usage error. */
export function booleanOf(raw: RawOptions, name: string, flag: string): boolean | undefined {
  const value = raw[name]
  if (value === undefined || value === true || value === false) return value
  if (value === 'true') return true
  if (value === 'false') return false
  throw new UsageError('USAGE', `${flag} takes true or false`, {
    got: typeof value === 'string' ? value : typeof value,
    expected: 'true or false',
  })
}

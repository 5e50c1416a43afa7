import { Option } from 'commander'
import { UsageError } from '../usage-error.ts'

/** A flag with one value. Given twice it is an error: a later value that silently wins hides a mistake. */
export function valueFlag(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, previous: unknown) => {
    if (previous !== undefined)
      throw new UsageError('USAGE', `${longName(flags)} may be given only once`, { got: value })
    return value
  })
}

/** A flag with one of a few values. */
export function choiceFlag(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices([...choices])
}

/** A flag that may be repeated; its values are collected in order. */
export function repeatedFlag(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`).argParser(
    (value: string, previous: unknown): readonly string[] => [
      ...(Array.isArray(previous) ? previous.filter((item) => typeof item === 'string') : []),
      value,
    ],
  )
}

/** A flag without a value. */
export function switchFlag(flags: string, description: string): Option {
  return new Option(flags, description)
}

function longName(flags: string): string {
  return /--[a-z0-9-]+/.exec(flags)?.[0] ?? flags
}

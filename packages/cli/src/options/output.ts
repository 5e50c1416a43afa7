import { wantsColor, type Io } from '../io.ts'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { choiceFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** How the result is written to stdout. */
export interface Output<Format extends string> {
  readonly format: Format
  readonly color: boolean
}

/** `--output`, with the formats that the command offers; the first one is the default. */
export function outputOption<const Formats extends readonly [string, ...string[]]>(
  formats: Formats,
): OptionGroup<Output<Formats[number]>> {
  return {
    flags: () => [
      choiceFlag('-o, --output <format>', 'format of the result on stdout', formats).default(formats[0]),
    ],
    parse: (raw: RawOptions, io: Io) => {
      const named = textOf(raw, 'output')
      return { format: formats.find((format) => format === named) ?? formats[0], color: wantsColor(io) }
    },
  }
}

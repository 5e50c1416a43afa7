import type { Option } from 'commander'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** The trace option of a transport: present with `--verbose`. */
export interface Trace {
  readonly trace?: (line: string) => void
}

export function verboseFlag(): Option {
  return switchFlag('--verbose', 'print each request to stderr, without secrets')
}

/** `--verbose` of a command that opens no image. */
export const verboseOption: OptionGroup<Trace> = { flags: () => [verboseFlag()], parse: traceOf }

/** Prints each request while it is made. A stderr that is gone ends the trace, not the run. */
export function traceOf(raw: RawOptions, io: Io): Trace {
  if (!flagOf(raw, 'verbose')) return {}
  return { trace: (line) => void io.writeErr(`${line}\n`).catch(() => undefined) }
}

import { sizeText } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** Shows on stderr how far a copy is: one line that is rewritten, at a terminal only. */
export interface Progress {
  readonly onProgress?: () => void
  readonly onBytes?: (count: number) => void
  /** Takes the line away. */
  readonly end: () => Promise<void>
}

const interval = 100

/** `--quiet`, and what it silences. */
export const progressOption: OptionGroup<Progress> = {
  flags: () => [switchFlag('-q, --quiet', 'show no progress')],
  parse: (raw, io) =>
    io.terminal.stderr && !flagOf(raw, 'quiet') ? liveLine(io) : { end: async () => await Promise.resolve() },
}

function liveLine(io: Io): Progress {
  let [parts, bytes, last] = [0, 0, 0]
  // A terminal that is gone ends the progress, not the copy.
  const write = async (text: string): Promise<void> => await io.writeErr(text).catch(() => undefined)
  const show = (): void => {
    const now = performance.now()
    if (now - last < interval) return
    last = now
    void write(`\r\u001B[K  ${parts} parts, ${sizeText(bytes)}`)
  }
  return {
    onProgress: () => {
      parts += 1
      show()
    },
    onBytes: (count) => {
      bytes += count
      show()
    },
    end: async () => await write('\r\u001B[K'),
  }
}

import { sizeText, type ReadingProgress } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** Shows on stderr how much was read: one line that is rewritten, at a terminal only. */
export interface Reading {
  readonly onProgress?: (progress: ReadingProgress) => void
  /** Takes the line away. */
  readonly end: () => Promise<void>
}

/** Milliseconds: what is done sooner shows nothing. */
const patience = 300
const interval = 100
const width = 28

/** `--quiet`, and what it silences. */
export const readingProgressOption: OptionGroup<Reading> = {
  flags: () => [switchFlag('-q, --quiet', 'show no progress')],
  parse: (raw, io) =>
    io.terminal.stderr && !flagOf(raw, 'quiet') ? bar(io) : { end: async () => await Promise.resolve() },
}

function bar(io: Io): Reading {
  let last = performance.now() + patience - interval
  let shown = false
  // A terminal that is gone ends the progress, not the reading.
  const write = async (text: string): Promise<void> => await io.writeErr(text).catch(() => undefined)
  return {
    onProgress: ({ done, total }) => {
      const now = performance.now()
      if (now - last < interval || total === 0) return
      last = now
      shown = true
      const part = done / total
      const full = Math.floor(part * width)
      const percent = `${String(Math.floor(part * 100)).padStart(3)} %`
      const line = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${percent}  ${sizeText(done)} of ${sizeText(total)}`
      void write(`\r\u001B[K  reading  ${line}`)
    },
    end: async () => {
      if (shown) await write('\r\u001B[K')
    },
  }
}

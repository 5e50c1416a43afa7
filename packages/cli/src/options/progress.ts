import { sizeText } from '@assay/core'
import { isIndexType, isManifestType, type CopyProgress } from '@assay/registry'
import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'

/** Shows on stderr how far a copy is: one line that is rewritten, at a terminal only. */
export interface Progress {
  readonly onProgress?: (progress: CopyProgress) => void
  readonly onFound?: (size: number) => void
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
  let [parts, done, total, last] = [0, 0, 0, 0]
  // A terminal that is gone ends the progress, not the copy.
  const write = async (text: string): Promise<void> => await io.writeErr(text).catch(() => undefined)
  const show = (): void => {
    const now = performance.now()
    if (now - last < interval) return
    last = now
    // What was cut and begun again has come twice.
    void write(`\r\u001B[K  ${parts} parts, ${sizeText(Math.min(done, total))} of ${sizeText(total)}`)
  }
  return {
    onProgress: ({ descriptor: { mediaType, size }, outcome }) => {
      parts += 1
      const isBlob = !isManifestType(mediaType) && !isIndexType(mediaType)
      if (isBlob && outcome !== 'copied') done += size
      show()
    },
    // A blob is found before its manifest is copied: the sum grows until all manifests were read.
    onFound: (size) => {
      total += size
    },
    onBytes: (count) => {
      done += count
      show()
    },
    end: async () => await write('\r\u001B[K'),
  }
}

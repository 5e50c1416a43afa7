import type { Readable } from 'node:stream'

/** Everything outside that a command may touch; tests hand in their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The time of this run, fixed once so that no check straddles an expiry. */
  readonly now: Date
  readonly stdin: Readable
  /** Whether each stream ends at a terminal. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Aborted by SIGINT, SIGTERM and `--timeout`. */
  readonly signal: AbortSignal
  /** The result. Rejects when the reader is gone or the disk is full. */
  writeOut(content: string | Uint8Array): Promise<void>
  /** Words for people: progress, warnings, errors. */
  writeErr(text: string): Promise<void>
}

/** Whether text on stdout may carry colours: a terminal, and nobody said no (https://no-color.org). */
export function wantsColor(io: Io): boolean {
  return io.terminal.stdout && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb'
}

import { createInterface } from 'node:readline'
import type { Io } from './io.ts'

/** Asks at the terminal; anything but `y` or `yes` is no. Never asked where nobody sits. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  await io.writeErr(`${question} [y/N] `)
  const lines = createInterface({ input: io.stdin, signal: io.signal })
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim())
    return false
  } finally {
    lines.close()
  }
}

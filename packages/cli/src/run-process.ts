import { isatty } from 'node:tty'
import type { Io } from './io.ts'
import { OutputError } from './output-error.ts'
import { keepMemoryPrivate } from './private-memory.ts'
import { main } from './program.ts'

const signals = { SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof signals

/**
 * Runs one command line in this process and leaves with its exit code; after SIGINT or SIGTERM with 128 plus the
 * signal's number, as shells expect. A second signal leaves at once.
 */
export async function runProcess(argv: readonly string[]): Promise<never> {
  keepMemoryPrivate()
  const abort = new AbortController()
  const received: Signal[] = []
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (received.length > 0) process.exit(128 + signals[signal])
      received.push(signal)
      abort.abort()
    })
  }
  const code = await main(argv, processIo(abort.signal))
  // Idle keep-alive connections must not keep a finished run alive; everything printed was flushed before.
  process.exit(received[0] === undefined ? code : 128 + signals[received[0]])
}

function processIo(signal: AbortSignal): Io {
  return {
    env: process.env,
    now: new Date(),
    get stdin() {
      return process.stdin // opened only by a command that reads it
    },
    terminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    signal,
    writeOut: (content) => write(process.stdout, content),
    writeErr: (text) => write(process.stderr, text),
  }
}

function write(stream: NodeJS.WriteStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new OutputError('the output could not be written', { cause: error }))
    stream.once('error', fail)
    stream.write(content, (error) => {
      // A failed write is told here first, and then by an event, which must find somebody listening.
      if (error) return fail(error)
      stream.off('error', fail)
      resolve()
    })
  })
}
